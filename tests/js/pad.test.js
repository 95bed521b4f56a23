import assert from "node:assert/strict";
import { test } from "node:test";
import { Calm } from "../../assets/pad/calm.js";
import { commandOf, steered } from "../../assets/pad/keyboard.js";
import { placeIn } from "../../assets/pad/pointer.js";

test("a pointer's place is told in the box, in tenths, and never outside", () => {
  const frame = { left: 10, top: 20, width: 300, height: 300 };
  assert.deepEqual(placeIn(frame, { clientX: 160, clientY: 170 }), [500, 500]);
  assert.deepEqual(placeIn(frame, { clientX: 11, clientY: 20 }), [3.3, 0]);
  assert.deepEqual(placeIn(frame, { clientX: -50, clientY: 900 }), [0, 1000]);
});

test("arrows move the pen, two held together diagonally", () => {
  assert.deepEqual(steered([500, 250], new Set(["ArrowDown"])), [500, 275]);
  assert.deepEqual(steered([500, 250], new Set(["ArrowDown", "ArrowLeft"])), [475, 275]);
  assert.deepEqual(steered([500, 250], new Set(["ArrowUp"]), { fine: true }), [500, 245]);
  assert.deepEqual(steered([500, 250], new Set(["a"])), [500, 250]);
});

test("the pen stays in the box", () => {
  assert.deepEqual(steered([990, 5], new Set(["ArrowRight", "ArrowUp"])), [1000, 0]);
});

test("what keys command", () => {
  const command = (key, held = {}, here = true) => commandOf({ key, ...held }, here);
  assert.equal(command("z", { ctrlKey: true }), "undo");
  assert.equal(command("Z", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(command("y", { ctrlKey: true }, false), "redo");
  assert.equal(command("Delete"), "clear");
  assert.equal(command("Escape"), "clear");
  assert.equal(command("Delete", {}, false), null);
  assert.equal(command("Delete", { ctrlKey: true }), null);
  assert.equal(command("z"), null);
});

const seven = { words: "7", digit: 7, resting: false, cause: "ink" };

test("at rest the words follow every answer", () => {
  const calm = new Calm();
  assert.equal(calm.hear({ ...seven, resting: true }), "7");
  assert.equal(calm.hear({ words: "not sure: 1 or 7", digit: 7, resting: true, cause: "model" }), "not sure: 1 or 7");
});

test("while the pen moves, only a digit that was answered twice in a row is said", () => {
  const calm = new Calm();
  assert.equal(calm.hear(seven), null);
  assert.equal(calm.hear({ ...seven, words: "1", digit: 1 }), null);
  assert.equal(calm.hear(seven), null);
  assert.equal(calm.hear(seven), "7");
  const doubt = { ...seven, words: "not sure: 1 or 7" };
  assert.deepEqual([calm.hear(doubt), calm.hear(doubt), calm.hear(doubt)], [null, null, null]);
  assert.equal(calm.latest, "not sure: 1 or 7");
});

test("a model that learns is quoted when it has said the same twice, in doubt too", () => {
  const calm = new Calm();
  const learning = { words: "not sure", digit: 3, resting: true, cause: "moment" };
  assert.equal(calm.hear(learning), null);
  assert.equal(calm.hear(learning), "not sure");
});
