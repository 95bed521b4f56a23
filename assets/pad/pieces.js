// A drawing in pieces, of which the digits of a number are groups, as mnist_core/ink/pieces.py has them:
// a change there is a change here. A box is [left, top, right, bottom].
const STEP = 0.04;
const MAX_STEPS = 1000;
const LEAST_HEIGHT = 0.35;
const MOST_OVERLAP = 0.35;
const NEAR = 0.04;
const LINK_STEPS = 3;
const STRAIGHT = 0.9;
const MAX_CUTS = 8;
const TOUCHING = 0.12;
const MOST_LEAN = 0.6;

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

const distance = ([ax, ay], [bx, by]) => Math.sqrt((bx - ax) ** 2 + (by - ay) ** 2);

function even(points, step) {
  const along = [0];
  for (let i = 1; i < points.length; i++) along.push(along[i - 1] + distance(points[i - 1], points[i]));
  const total = along.at(-1);
  const count = step > 0 ? 2 + Math.trunc(Math.min(total / step, MAX_STEPS)) : 2;
  let at = 0;
  return Array.from({ length: count }, (_, i) => {
    const place = total * (i / (count - 1));
    while (at < points.length - 2 && along[at + 1] <= place) at++;
    const next = Math.min(at + 1, points.length - 1);
    const length = along[next] - along[at];
    const share = length > 0 ? Math.min(1, (place - along[at]) / length) : 0;
    return [0, 1].map((axis) => points[at][axis] + share * (points[next][axis] - points[at][axis]));
  });
}

const running = (values, extreme) => {
  let found = values[0];
  return values.map((value) => (found = extreme(found, value)));
};
const fromTheEnd = (values, extreme) => running([...values].reverse(), extreme).reverse();

function cutsOf(points, height) {
  const [x, y] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [low, high] = [Math.min, Math.max];
  const [reach, start] = [running(x, high), fromTheEnd(x, low)];
  const overlap = reach.map((value, i) => value - start[i]);
  const [topBefore, bottomBefore] = [running(y, low), running(y, high)];
  const [topAfter, bottomAfter] = [fromTheEnd(y, low), fromTheEnd(y, high)];
  const least = LEAST_HEIGHT * height;
  const may = (i) =>
    i > 0 && i < points.length - 1 && overlap[i] < MOST_OVERLAP * height &&
    bottomBefore[i] - topBefore[i] > least && bottomAfter[i] - topAfter[i] > least;
  const cuts = [];
  for (let i = 0; i < points.length; i++) {
    if (!may(i)) continue;
    const first = i;
    while (may(i)) i++;
    cuts.push(...leastOverlap(overlap, first, i, height));
  }
  return cuts.length <= MAX_CUTS ? cuts : [];
}

// Of a run of points: the ends of the part with the least overlap, or its middle where it is short.
function leastOverlap(overlap, start, end, height) {
  const most = Math.min(...overlap.slice(start, end)) + NEAR * height;
  let [first, last] = [start, end - 1];
  while (overlap[first] > most) first++;
  while (overlap[last] > most) last--;
  return last - first <= LINK_STEPS ? [(first + last) >> 1] : [first, last];
}

function isStraight(points) {
  let length = 0;
  for (let i = 1; i < points.length; i++) length += distance(points[i - 1], points[i]);
  return distance(points[0], points.at(-1)) > STRAIGHT * length;
}
