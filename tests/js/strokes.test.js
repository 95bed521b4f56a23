import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_POINTS, checked, countPoints, rounded, sparse } from "../../assets/shared/strokes.js";

test("points are counted over all strokes", () => {
  assert.equal(countPoints([]), 0);
  assert.equal(countPoints([[[1, 2]], [[3, 4], [5, 6]]]), 3);
});

test("strokes are rounded, and the drawing itself is left alone", () => {
  const strokes = [[[1.4, 2.5]], [[999.9, 0.1]]];
  assert.deepEqual(rounded(strokes), [[[1, 3]], [[1000, 0]]]);
  assert.deepEqual(strokes[0], [[1.4, 2.5]]);
});

test("only strokes of points in the box are taken", () => {
  const good = [[[0, 0], [1000, 1000]], [[12.5, 3]]];
  assert.equal(checked(good), good);
  assert.deepEqual(checked([]), []);
  const bad = [null, undefined, {}, "x", [[]], [[[1]]], [[[1, 2, 3]]], [[["1", 2]]], [[[NaN, 1]]], [[[-1, 1]]], [[[1, 1000.1]]], [null]];
  for (const value of bad) assert.equal(checked(value), null, JSON.stringify(value));
});

test("a drawing of too many points is not taken", () => {
  const points = (count) => [Array.from({ length: count }, () => [1, 2])];
  assert.notEqual(checked(points(MAX_POINTS)), null);
  assert.equal(checked(points(MAX_POINTS + 1)), null);
});

test("a sparse stroke keeps its ends and points that are far enough apart", () => {
  const stroke = Array.from({ length: 21 }, (_, x) => [x, 0]);
  assert.deepEqual(sparse(stroke).map(([x]) => x), [0, 6, 12, 18, 20]);
  assert.deepEqual(sparse([[5, 5]]), [[5, 5]]);
  assert.deepEqual(sparse([[5, 5], [5, 6]]), [[5, 5], [5, 6]]);
});
