import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_POINTS, countPoints } from "../../assets/shared/strokes.js";
import { Drawing } from "../../assets/pad/drawing.js";

function line(drawing, from, to) {
  drawing.begin(...from);
  drawing.extend(...to);
  drawing.finish();
}

function two() {
  const drawing = new Drawing();
  line(drawing, [100, 100], [200, 100]);
  line(drawing, [100, 300], [200, 300]);
  return drawing;
}

test("strokes are begun, extended and finished", () => {
  const drawing = new Drawing();
  assert.equal(drawing.extend(1, 1), false);
  assert.equal(drawing.finish(), false);
  assert.equal(drawing.begin(10, 10), true);
  assert.equal(drawing.extend(50, 10), true);
  assert.equal(drawing.finish(), true);
  assert.deepEqual(drawing.strokes, [[[10, 10], [50, 10]]]);
  assert.equal(drawing.stroke, null);
});

test("points closer than a pixel are dropped", () => {
  const drawing = new Drawing();
  drawing.begin(10, 10);
  assert.equal(drawing.extend(12, 10), false);
  assert.equal(drawing.extend(13, 10), true);
});

test("a tap with its wobble becomes a dot, a short line stays", () => {
  const drawing = new Drawing();
  line(drawing, [100, 100], [108, 104]);
  line(drawing, [300, 300], [313, 300]);
  assert.deepEqual(drawing.strokes, [[[100, 100]], [[300, 300], [313, 300]]]);
});

test("undo and redo go through whole drawings", () => {
  const drawing = two();
  const both = drawing.strokes;
  drawing.undo();
  assert.equal(drawing.strokes.length, 1);
  drawing.undo();
  assert.deepEqual(drawing.strokes, []);
  drawing.undo();
  assert.deepEqual(drawing.strokes, []);
  drawing.redo();
  drawing.redo();
  assert.equal(drawing.strokes, both);
  drawing.redo();
  assert.equal(drawing.strokes, both);
});

test("a new stroke ends what could be redone", () => {
  const drawing = two();
  drawing.undo();
  line(drawing, [1, 1], [90, 90]);
  drawing.redo();
  assert.deepEqual(drawing.strokes.at(-1), [[1, 1], [90, 90]]);
});

test("clearing and replacing are undone", () => {
  const drawing = two();
  drawing.clear();
  assert.deepEqual(drawing.strokes, []);
  const { past } = drawing;
  drawing.clear();
  assert.equal(drawing.past, past); // nothing to clear, nothing to undo
  drawing.replace([[[5, 5]]]);
  drawing.undo();
  assert.deepEqual(drawing.strokes, []);
  drawing.undo();
  assert.equal(drawing.strokes.length, 2);
});

test("undo in the middle of a stroke takes that stroke back, redo waits for its end", () => {
  const drawing = two();
  drawing.undo();
  drawing.begin(10, 10);
  drawing.redo();
  assert.equal(drawing.strokes.length, 2);
  drawing.undo();
  assert.equal(drawing.strokes.length, 1);
  assert.equal(drawing.stroke, null);
  drawing.redo();
  assert.deepEqual(drawing.strokes.at(-1), [[10, 10]]);
});

test("a change never alters an earlier drawing", () => {
  const drawing = two();
  const before = structuredClone(drawing.past);
  line(drawing, [500, 500], [600, 600]);
  drawing.clear();
  assert.deepEqual(drawing.past.slice(0, before.length), before);
});

test("two hundred changes can be undone", () => {
  const drawing = new Drawing();
  for (let i = 0; i < 250; i++) drawing.replace([[[i, i]]]);
  for (let i = 0; i < 300; i++) drawing.undo();
  assert.deepEqual(drawing.strokes, [[[49, 49]]]);
});

test("a drawing is full at its most points", () => {
  const drawing = new Drawing([Array.from({ length: MAX_POINTS - 2 }, () => [1, 1])]);
  assert.equal(drawing.begin(10, 10), true);
  assert.equal(drawing.extend(100, 10), true);
  assert.equal(drawing.extend(200, 10), false);
  drawing.finish();
  assert.equal(drawing.begin(300, 300), false);
  assert.equal(countPoints(drawing.strokes), MAX_POINTS);
});
