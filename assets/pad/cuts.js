// Where a stroke that runs through two digits leaves the one and comes to the other, as
// mnist_core/ink/cuts.py finds it: a change there is a change here.
export const STEP = 0.04;
const MAX_STEPS = 1000;
const LEAST_HEIGHT = 0.35;
const MOST_OVERLAP = 0.35;
const NEAR = 0.04;
const LINK_STEPS = 3;
const OFF_LINE = 0.04;
const LINK_RISE = 0.35;
const LINK_BACK = 0.25;
const LINK_OVERLAP = 0.2;
const STRAIGHT = 0.9;
const MAX_CUTS = 8;

const distance = ([ax, ay], [bx, by]) => Math.sqrt((bx - ax) ** 2 + (by - ay) ** 2);

// The stroke in equal steps of about that length.
export function even(points, step) {
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

// Where the stroke leaves a digit and where it comes to the next: indices, in order.
export function cutsOf(points, height) {
  const [x, y] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [low, high] = [Math.min, Math.max];
  const [end, start] = [running(x, high), fromTheEnd(x, low)];
  const [topBefore, bottomBefore] = [running(y, low), running(y, high)];
  const [topAfter, bottomAfter] = [fromTheEnd(y, low), fromTheEnd(y, high)];
  const least = LEAST_HEIGHT * height;
  const isDigitBefore = (i) => bottomBefore[i] - topBefore[i] > least;
  const isDigitAfter = (i) => bottomAfter[i] - topAfter[i] > least;
  const cuts = new Set();
  verticesOf(points, OFF_LINE * height).reduce((i, j) => {
    const isApart = end[i] - start[j] < LINK_OVERLAP * height;
    const goesUp = y[i] - y[j] > LINK_RISE * height && x[i] - x[j] < LINK_BACK * height;
    if (isApart && goesUp && isDigitBefore(i) && isDigitAfter(j)) cuts.add(i).add(j);
    return j;
  });
  const overlap = end.map((value, i) => value - start[i]);
  const may = (i) =>
    i > 0 && i < points.length - 1 && overlap[i] < MOST_OVERLAP * height && isDigitBefore(i) && isDigitAfter(i);
  for (const [first, last] of runsOf(may, points.length)) {
    const isCut = [...cuts].some((cut) => cut >= first - 1 && cut <= last);
    for (const cut of isCut ? [] : leastOverlap(overlap, first, last, height)) cuts.add(cut);
  }
  return cuts.size <= MAX_CUTS ? [...cuts].sort((a, b) => a - b) : [];
}

// [start, end) of the runs of indices below `count` that may.
function runsOf(may, count) {
  const runs = [];
  for (let i = 0; i < count; i++) {
    if (!may(i)) continue;
    const first = i;
    while (may(i)) i++;
    runs.push([first, i]);
  }
  return runs;
}

// Between which points the stroke is straight (Douglas and Peucker 1973).
function verticesOf(points, most) {
  const found = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length) {
    const [i, j] = open.pop();
    const [dx, dy] = [points[j][0] - points[i][0], points[j][1] - points[i][1]];
    let [k, furthest] = [i, most * Math.sqrt(dx * dx + dy * dy)];
    for (let at = i; at < j; at++) {
      const off = Math.abs((points[at][1] - points[i][1]) * dx - (points[at][0] - points[i][0]) * dy);
      if (off > furthest) [k, furthest] = [at, off];
    }
    if (k === i) continue;
    found.add(k);
    open.push([i, k], [k, j]);
  }
  return [...found].sort((a, b) => a - b);
}

// Of a run of points: the ends of the part with the least overlap, or its middle where it is short.
function leastOverlap(overlap, start, end, height) {
  const most = Math.min(...overlap.slice(start, end)) + NEAR * height;
  let [first, last] = [start, end - 1];
  while (overlap[first] > most) first++;
  while (overlap[last] > most) last--;
  return last - first <= LINK_STEPS ? [(first + last) >> 1] : [first, last];
}

export function isStraight(points) {
  let length = 0;
  for (let i = 1; i < points.length; i++) length += distance(points[i - 1], points[i]);
  return distance(points[0], points.at(-1)) > STRAIGHT * length;
}
