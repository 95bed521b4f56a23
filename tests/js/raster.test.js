import assert from "node:assert/strict";
import test from "node:test";

import { imageOf, isBlank } from "../../assets/pad/raster.js";

const SEVEN = [[[280, 220], [700, 220], [420, 800]], [[350, 500], [600, 500]]]; // prettier-ignore
const apart = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

test("no points are blank ink, one is not", () => {
  for (const strokes of [[], [[]], [[], []]]) {
    assert.ok(isBlank(strokes));
    assert.ok(imageOf(strokes).every((ink) => ink === 0));
  }
  assert.ok(!isBlank([[], [[1, 1]]]));
});

test("the centre of mass is at pixel (14, 14)", () => {
  const image = imageOf(SEVEN);
  const total = image.reduce((sum, ink) => sum + ink);
  assert.ok(Math.abs(image.reduce((sum, ink, i) => sum + ink * (i % 28), 0) / total - 14) < 0.05);
  assert.ok(Math.abs(image.reduce((sum, ink, i) => sum + ink * Math.floor(i / 28), 0) / total - 14) < 0.05);
});

test("place and size on the pad change nothing", () => {
  const moved = SEVEN.map((stroke) => stroke.map(([x, y]) => [x / 64 - 3, y / 64 + 8]));
  assert.ok(apart(imageOf(moved), imageOf(SEVEN)) < 1e-6);
});

test("a dot is round", () => {
  const image = imageOf([[[3, 4]]]);
  assert.equal(image[14 * 28 + 14], 1);
  assert.ok(apart(image, image.map((_, i) => image[(i % 28) * 28 + Math.floor(i / 28)])) === 0);
});

test("the strokes are left as they are", () => {
  const strokes = structuredClone(SEVEN);
  imageOf(strokes);
  assert.deepEqual(strokes, SEVEN);
});
