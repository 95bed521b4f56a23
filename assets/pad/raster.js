// Strokes to the 28×28 image that the network sees, step by step as mnist_core/ink/raster.py does
// it: a change there is a change here. A line is its segments: `count` of them, from (ax, ay) to
// (bx, by), in any order.
export const IMAGE_SIZE = 28;
const BOX_SIZE = 20; // the longer side of the ink, in pixels of the image
const CENTRE = 14; // the pixel of the centre of mass
const PEN_RADIUS = 1.25;
const PEN_EDGE = 1.2;
const PIECE_LENGTH = 1;
const MAX_PIECES = 24_000;

const REACH = PEN_RADIUS + PEN_EDGE / 2;
// A pixel that a piece inks is no further from the piece's middle, and stays so when that is
// rounded, either way: 0.5 + 1.85 + 0.5.
const HALF = Math.ceil(REACH + PIECE_LENGTH / 2);

export const isBlank = (strokes) => strokes.every((stroke) => stroke.length === 0);

// Strokes, lists of points [x, y] with y down, in any unit → 784 pixels in [0, 1], row by row.
export function imageOf(strokes) {
  if (isBlank(strokes)) return new Float32Array(IMAGE_SIZE * IMAGE_SIZE);
  const line = cut(fit(segments(strokes), BOX_SIZE - 2 * PEN_RADIUS));
  return drawCentred(line);
}

function emptyLine(count) {
  const [ax, ay, bx, by] = Array.from({ length: 4 }, () => new Float64Array(count));
  return { count, ax, ay, bx, by };
}

// A lone point starts where it ends.
function segments(strokes) {
  const line = emptyLine(strokes.reduce((sum, { length }) => sum + (length > 1 ? length - 1 : length), 0));
  let i = 0;
  for (const stroke of strokes) {
    const last = stroke.length - 1;
    for (let point = 0; point < Math.max(last, 1) && point <= last; point++, i++) {
      [line.ax[i], line.ay[i]] = stroke[point];
      [line.bx[i], line.by[i]] = stroke[Math.min(point + 1, last)];
    }
  }
  return line;
}

function rangeOf(...lists) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      low = Math.min(low, list[i]);
      high = Math.max(high, list[i]);
    }
  }
  return [low, high];
}

// Moved to the origin and scaled, so that the longer side is `size`.
function fit({ count, ax, ay, bx, by }, size) {
  const [lowest, highest] = rangeOf(ax, ay, bx, by);
  // Coordinates near the largest number would overflow in a difference: bring them to [-1, 1].
  const largest = Math.max(-lowest, highest);
  if (largest === 0) return emptyLine(count);
  for (const list of [ax, ay, bx, by]) for (let i = 0; i < count; i++) list[i] /= largest;
  const [lowX, highX] = rangeOf(ax, bx);
  const [lowY, highY] = rangeOf(ay, by);
  const extent = Math.max(highX - lowX, highY - lowY);
  // Beneath this, a difference of two coordinates is nothing but their rounding: a dot.
  if (extent < 1e-12) return emptyLine(count);
  const factor = size / extent;
  for (let i = 0; i < count; i++) {
    ax[i] = (ax[i] - lowX) * factor;
    ay[i] = (ay[i] - lowY) * factor;
    bx[i] = (bx[i] - lowX) * factor;
    by[i] = (by[i] - lowY) * factor;
  }
  return { count, ax, ay, bx, by };
}

// Not Math.hypot, whose last bit is each browser's own.
const lengthOf = (x, y) => Math.sqrt(x * x + y * y);

// The same line in pieces of at most PIECE_LENGTH; of very many, a sample of MAX_PIECES.
function cut(line) {
  const { count, ax, ay, bx, by } = line;
  const ends = new Float64Array(count); // how many pieces there are up to the end of each segment
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += Math.max(1, Math.ceil(lengthOf(bx[i] - ax[i], by[i] - ay[i]) / PIECE_LENGTH));
    ends[i] = total;
  }
  if (total === count && total <= MAX_PIECES) return line;
  const kept = Math.min(total, MAX_PIECES);
  const stride = total > MAX_PIECES ? (total - 1) / (MAX_PIECES - 1) : 1;
  const pieces = emptyLine(kept);
  let owner = 0;
  for (let i = 0; i < kept; i++) {
    const piece = i === kept - 1 ? total - 1 : Math.trunc(i * stride);
    while (ends[owner] <= piece) owner++;
    const first = owner ? ends[owner - 1] : 0;
    const stepX = (bx[owner] - ax[owner]) / (ends[owner] - first);
    const stepY = (by[owner] - ay[owner]) / (ends[owner] - first);
    pieces.ax[i] = ax[owner] + stepX * (piece - first);
    pieces.ay[i] = ay[owner] + stepY * (piece - first);
    pieces.bx[i] = pieces.ax[i] + stepX;
    pieces.by[i] = pieces.ay[i] + stepY;
  }
  return pieces;
}

// The centre of mass of the line, a stand-in for that of the ink.
function lineCentre({ count, ax, ay, bx, by }) {
  let [total, x, y, plainX, plainY] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const length = lengthOf(bx[i] - ax[i], by[i] - ay[i]);
    const middleX = (ax[i] + bx[i]) / 2;
    const middleY = (ay[i] + by[i]) / 2;
    total += length;
    x += length * middleX;
    y += length * middleY;
    plainX += middleX;
    plainY += middleY;
  }
  return total < 1e-9 ? [plainX / count, plainY / count] : [x / total, y / total];
}

function centreOfMass(image) {
  let [total, x, y] = [0, 0, 0];
  for (let i = 0; i < image.length; i++) {
    total += image[i];
    x += image[i] * (i % IMAGE_SIZE);
    y += image[i] * Math.floor(i / IMAGE_SIZE);
  }
  return total <= 0 ? [CENTRE, CENTRE] : [x / total, y / total];
}

// The centre of the line is nearly that of the ink; measuring the ink itself settles it.
function drawCentred(line) {
  const [lineX, lineY] = lineCentre(line);
  const shiftX = CENTRE - lineX;
  const shiftY = CENTRE - lineY;
  const [x, y] = centreOfMass(draw(line, shiftX, shiftY));
  return draw(line, shiftX + (CENTRE - x), shiftY + (CENTRE - y));
}

// With a round pen: ink falls linearly with the distance from the line, from 1 to 0 within
// PEN_EDGE. What falls outside is clipped.
function draw(line, shiftX, shiftY) {
  const image = squaredDistances(line, shiftX, shiftY);
  for (let i = 0; i < image.length; i++) {
    image[i] = Math.min(1, Math.max(0, (REACH - Math.sqrt(image[i])) / PEN_EDGE));
  }
  return image;
}

// Each pixel's squared distance from the line, REACH² where that is less.
function squaredDistances({ count, ax, ay, bx, by }, shiftX, shiftY) {
  const squares = new Float32Array(IMAGE_SIZE * IMAGE_SIZE).fill(REACH * REACH);
  const last = IMAGE_SIZE - 1;
  for (let i = 0; i < count; i++) {
    const x0 = ax[i] + shiftX;
    const y0 = ay[i] + shiftY;
    const vx = bx[i] + shiftX - x0;
    const vy = by[i] + shiftY - y0;
    const inverse = 1 / Math.max(vx * vx + vy * vy, 1e-18);
    const column = Math.round(x0 + vx / 2);
    const row = Math.round(y0 + vy / 2);
    const right = Math.min(last, column + HALF);
    const bottom = Math.min(last, row + HALF);
    for (let y = Math.max(0, row - HALF); y <= bottom; y++) {
      const dy = y - y0;
      for (let x = Math.max(0, column - HALF); x <= right; x++) {
        const dx = x - x0;
        const along = Math.min(1, Math.max(0, (dx * vx + dy * vy) * inverse));
        const acrossX = dx - along * vx;
        const acrossY = dy - along * vy;
        const square = acrossX * acrossX + acrossY * acrossY;
        const pixel = y * IMAGE_SIZE + x;
        if (square < squares[pixel]) squares[pixel] = square;
      }
    }
  }
  return squares;
}
