import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window ??= new EventTarget();
const { curveOf, lossWords } = await import("../../assets/hood/learning.js");
const { SAMPLES } = await import("../../assets/shared/samples.js");
const { unitAt, unitByKey } = await import("../../assets/hood/strip.js");
const { checked } = await import("../../assets/shared/strokes.js");

test("every sample is a drawing that the pad takes", () => {
  assert.equal(SAMPLES.length, 10);
  for (const strokes of SAMPLES) assert.equal(checked(strokes), strokes);
});

test("keys lead to a neighbouring unit, and not past the ends", () => {
  const strip = { columns: 32, size: 100 };
  const go = (key, unit) => unitByKey(key, unit, strip);
  assert.deepEqual([go("ArrowRight", 5), go("ArrowLeft", 5), go("ArrowDown", 5), go("ArrowUp", 40)], [6, 4, 37, 8]);
  assert.deepEqual([go("ArrowLeft", 0), go("ArrowUp", 3), go("ArrowRight", 99), go("ArrowDown", 90)], [0, 0, 99, 99]);
  assert.deepEqual([go("Home", 50), go("End", 50), go("a", 50), go("toString", 50)], [0, 99, null, null]);
});

test("a place on the strip is a unit, but not behind the last", () => {
  const strip = { columns: 32, rows: 4, size: 100 };
  assert.equal(unitAt(0, 0, strip), 0);
  assert.equal(unitAt(0.999, 0, strip), 31);
  assert.equal(unitAt(0, 0.99, strip), 96);
  assert.equal(unitAt(0.1, 0.99, strip), 99);
  assert.equal(unitAt(0.13, 0.99, strip), null);
  assert.equal(unitAt(-0.1, 0, strip), null);
  assert.equal(unitAt(1, 0, strip), null);
});

test("the curve of losses fills its box", () => {
  assert.equal(curveOf([2]), "0,6");
  assert.equal(curveOf([2, 1, 0]), "0,6 200,46 400,86");
  assert.equal(curveOf([0, 0]), "0,86 400,86");
});

test("what the steps did, in words", () => {
  assert.equal(lossWords([2.5], 3, 50), "The loss for 3 is 2.5000. No step taken yet.");
  assert.equal(lossWords([2.5, 1.25], 3, 50), "After 1 step the loss for 3 is 1.2500; it began at 2.5000.");
  assert.equal(lossWords([2, 1, 0.5], 7, 2), "After 2 steps the loss for 7 is 0.5000; it began at 2.0000. That is as far as it goes here.");
});
