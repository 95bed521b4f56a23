import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawing } from "../../assets/pad/drawing.js";
import { Pointers } from "../../assets/pad/pointer.js";

const event = (pointerType, pointerId, timeStamp = 0, more = {}) =>
  ({ pointerType, pointerId, timeStamp, isPrimary: true, buttons: 1, ...more });

test("a pen goes before the palm that came first, and the palm's stroke is none", () => {
  const pointers = new Pointers();
  assert.equal(pointers.down(event("touch", 1)), "begin");
  assert.equal(pointers.down(event("pen", 2)), "replace");
  assert.ok(pointers.owns(event("pen", 2)));
  assert.ok(!pointers.owns(event("touch", 1)));
});

test("a touch beside a pen, or soon after it, draws nothing; later it does", () => {
  const pointers = new Pointers();
  pointers.hear(event("pen", 1, 100));
  assert.equal(pointers.down(event("touch", 2, 1000)), null);
  assert.equal(pointers.down(event("touch", 2, 1200)), "begin");
});

test("a second finger is left alone", () => {
  const pointers = new Pointers();
  pointers.down(event("touch", 1));
  assert.equal(pointers.down(event("touch", 2, 5, { isPrimary: false })), null);
  assert.ok(pointers.owns(event("touch", 1)));
});

test("nobody is waited for: whoever is down anew draws, whatever became of the one before", () => {
  for (const before of ["mouse", "touch", "pen"]) {
    for (const after of ["mouse", "touch", "pen"]) {
      const pointers = new Pointers();
      pointers.hear(event(before, 1));
      pointers.down(event(before, 1));
      assert.ok(pointers.down(event(after, 2, 60_000)), `${before}, then ${after}`);
      assert.ok(pointers.owns(event(after, 2)));
    }
  }
});

test("a mouse or pen that moves with no button pressed has ended", () => {
  const pointers = new Pointers();
  assert.ok(pointers.isOver(event("mouse", 1, 0, { buttons: 0 })));
  assert.ok(pointers.isOver(event("pen", 1, 0, { buttons: 0 })));
  assert.ok(!pointers.isOver(event("mouse", 1)));
});

test("a dropped stroke leaves the drawing as it was", () => {
  const drawing = new Drawing([[[1, 1]]]);
  drawing.begin(500, 500);
  drawing.drop();
  assert.deepEqual(drawing.strokes, [[[1, 1]]]);
  assert.equal(drawing.past.length, 0);
  drawing.drop();
  assert.deepEqual(drawing.strokes, [[[1, 1]]]);
});
