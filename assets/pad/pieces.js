// A drawing in pieces, of which the digits of a number are groups, as mnist_core/ink/pieces.py has them:
// a change there is a change here. A box is [left, top, right, bottom].
import { STEP, cutsOf, even, isStraight } from "./cuts.js";

const TOUCHING = 0.12;
const MOST_LEAN = 0.6;
const BAND = 0.1;

// Strokes, none without points → pieces {stroke, points, box, isLink}, set upright, in units of `scale`.
export function piecesOf(strokes) {
  const scale = strokes.flat(2).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const scaled = strokes.map((stroke) => stroke.map(([x, y]) => [x / scale, y / scale]));
  const lean = leanOf(scaled);
  const pieces = scaled.map((points, stroke) => piece(stroke, sheared(points, -lean)));
  return { pieces, lean, scale };
}

// Those strokes whose number is in `which` in parts, where they may run through digits.
export function cutPieces(pieces, which, height) {
  return pieces.flatMap((each) => (which.has(each.stroke) ? parts(each, height) : [each]));
}

export function around(boxes) {
  const [lefts, tops, rights, bottoms] = [0, 1, 2, 3].map((side) => boxes.map((box) => box[side]));
  return [Math.min(...lefts), Math.min(...tops), Math.max(...rights), Math.max(...bottoms)];
}

export function rowHeight(boxes) {
  const heights = boxes.map(([, top, , bottom]) => bottom - top).sort((a, b) => a - b);
  const large = heights.filter((height) => height >= heights.at(-1) / 2);
  const middle = large.length >> 1;
  return (large[middle] + large.at(-1 - middle)) / 2;
}

export function widestGap(boxes) {
  const [first, ...others] = [...boxes].sort((a, b) => a[0] - b[0]);
  let [gap, reach] = [0, first[2]];
  for (const [left, , right] of others) {
    gap = Math.max(gap, left - reach);
    reach = Math.max(reach, right);
  }
  return gap;
}

// The leftmost and the rightmost ink in bands of a row of that height: {number from above: [left, right]}.
export function profileOf({ points }, height) {
  const profile = new Map();
  for (const [x, y] of even(points, STEP * height)) include(profile, Math.floor(y / (BAND * height)), [x, x]);
  return profile;
}

export function jointProfile(profiles) {
  const joint = new Map();
  for (const profile of profiles) for (const [band, ends] of profile) include(joint, band, ends);
  return joint;
}

function include(profile, band, [left, right]) {
  const [first, last] = profile.get(band) ?? [left, right];
  profile.set(band, [Math.min(first, left), Math.max(last, right)]);
}

// How far the ink of `left` reaches into what `right` has at that height, or a band from it.
export function reach(left, right) {
  let most = -Infinity;
  for (const [band, [, end]] of left) {
    for (const near of [band - 1, band, band + 1]) {
      if (right.has(near)) most = Math.max(most, end - right.get(near)[0]);
    }
  }
  return most;
}

// Whether the pieces of the one hang together with the other's, in a row of that height.
export function touch(one, other, height) {
  return one.some((a) => other.some((b) => a.stroke === b.stroke || areNear(a, b, height)));
}

function areNear(one, other, height) {
  const most = TOUCHING * height;
  const [left, top, right, bottom] = one.box;
  const [x0, y0, x1, y1] = other.box;
  if (Math.max(left - x1, x0 - right, top - y1, y0 - bottom) >= most) return false;
  const [ones, others] = [one, other].map(({ points }) => even(points, STEP * height));
  return ones.some(([ax, ay]) => others.some(([bx, by]) => (ax - bx) ** 2 + (ay - by) ** 2 < most ** 2));
}

function piece(stroke, points, isLink = false) {
  return { stroke, points, isLink, box: boxOf(points), name: points.join() };
}

function boxOf(points) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

const sheared = (points, lean) => points.map(([x, y]) => [x + lean * y, y]);

function leanOf(strokes) {
  let [across, down] = [0, 0];
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i++) {
      const dx = stroke[i][0] - stroke[i - 1][0];
      const dy = stroke[i][1] - stroke[i - 1][1];
      if (Math.abs(dy) <= Math.abs(dx)) continue;
      across += dx * dy;
      down += dy * dy;
    }
  }
  if (down <= 0) return 0;
  return Math.floor(10 * Math.min(MOST_LEAN, Math.max(-MOST_LEAN, across / down)) + 0.5) / 10;
}

function parts(whole, height) {
  const points = even(whole.points, STEP * height);
  const cuts = cutsOf(points, height);
  if (!cuts.length) return [whole];
  const ends = [0, ...cuts, points.length - 1];
  return ends.slice(1).map((end, part) => {
    const between = points.slice(ends[part], end + 1);
    return piece(whole.stroke, between, part > 0 && part < cuts.length && isStraight(between));
  });
}
