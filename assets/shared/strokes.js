// Strokes: lists of points [x, y] in a box of 1000 × 1000, y down.
export const BOX = 1000;
export const MAX_POINTS = 8000;
const APART = 6; // points closer than this are not sent

export const countPoints = (strokes) => strokes.reduce((sum, stroke) => sum + stroke.length, 0);

// As they travel and are kept: in whole units.
export const rounded = (strokes) =>
  strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(x), Math.round(y)]));

// Scaled so that they fill the box, which leaves their image as it is.
function inBox(strokes) {
  const all = strokes.flat();
  const [lefts, tops] = [0, 1].map((axis) => all.map((point) => point[axis]));
  const [left, top] = [Math.min(...lefts), Math.min(...tops)];
  const scale = BOX / (Math.max(Math.max(...lefts) - left, Math.max(...tops) - top) || 1);
  return strokes.map((stroke) => stroke.map(([x, y]) => [(x - left) * scale, (y - top) * scale]));
}

// The drawing as it travels to be looked at closely: of a number the digit that is chosen.
export const lookedAt = ({ chosen, strokes }) => rounded(chosen?.strokes ? inBox(chosen.strokes) : strokes);

// The strokes if they are lists of points in the box, else null: they may come from an address.
export function checked(value) {
  const number = (x) => Number.isFinite(x) && x >= 0 && x <= BOX;
  const point = (p) => Array.isArray(p) && p.length === 2 && p.every(number);
  const line = (s) => Array.isArray(s) && s.length > 0 && s.every(point);
  if (!Array.isArray(value) || !value.every(line)) return null;
  return countPoints(value) <= MAX_POINTS ? value : null;
}

// For a prediction, points a fifth of the image's pixels apart say all there is; the last stays.
export function sparse(stroke) {
  let [lastX, lastY] = stroke[0];
  return stroke.filter(([x, y], index) => {
    const far = Math.hypot(x - lastX, y - lastY) >= APART;
    if (far) [lastX, lastY] = [x, y];
    return far || index === 0 || index === stroke.length - 1;
  });
}
