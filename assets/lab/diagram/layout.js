// Where the diagram's parts lie: layers from left to right, or on a narrow page from top to bottom.
const NARROW = 560;
const HEIGHT = 430; // of a wide one
const TOP = 42; // for the layers' names
const PICTURE = 150;
const SMALL_PICTURE = 112;
const APART = 100; // layers of a narrow one
const NAMES = 54; // for the digits beside their units
const ROOM = 22; // or below them
const A_LINE = 32; // more units than this stand in two lines
const [MOST_PITCH, MOST_RADIUS] = [28, 10];
const REACH = 12; // so near a finger has to come

// counts: units shown of each layer, the digits last. layers: {places: [[x, y]], radius, name: [x, y]}.
export function layoutOf({ counts, width }) {
  const isWide = width >= NARROW;
  const height = isWide ? HEIGHT : SMALL_PICTURE + counts.length * APART + ROOM;
  const side = isWide ? Math.min(PICTURE, width / 5) : SMALL_PICTURE;
  const input = isWide ? { x: 0, y: (HEIGHT + TOP - side) / 2, side } : { x: (width - side) / 2, y: 0, side };
  const end = isWide ? width - NAMES : height - ROOM - 10;
  const layers = counts.map((count, i) => {
    const across = side + ((end - side) * (i + 1)) / counts.length;
    return isWide ? column(count, across) : row(count, across, width);
  });
  return { width, height, isWide, input, layers };
}

// Places along and across a layer, both from its middle; two lines stand in a zigzag.
function line(count, room) {
  const lines = count > A_LINE ? 2 : 1;
  const steps = Math.ceil(count / lines);
  const pitch = Math.min(MOST_PITCH, room / (steps + (lines - 1) / 2));
  const places = Array.from({ length: count }, (_, i) => [
    (i / lines - (count - 1) / lines / 2) * pitch,
    ((i % lines) - (lines - 1) / 2) * pitch,
  ]);
  return { places, radius: Math.min(MOST_RADIUS, 0.42 * pitch) };
}

function column(count, x) {
  const { places, radius } = line(count, HEIGHT - TOP - 4);
  const middle = (HEIGHT + TOP) / 2;
  return { places: places.map(([along, across]) => [x + across, middle + along]), radius, name: [x, 12] };
}

function row(count, y, width) {
  const { places, radius } = line(count, width - 4);
  return { places: places.map(([along, across]) => [width / 2 + along, y + across]), radius, name: [2, y - 24] };
}

// Where a pixel of the input lies.
export function pixelPlace({ x, y, side }, pixel) {
  return [x + (((pixel % 28) + 0.5) * side) / 28, y + ((Math.floor(pixel / 28) + 0.5) * side) / 28];
}

// The unit nearest to a point, {layer, index}; null where none is near.
export function unitNear({ layers }, x, y) {
  let [found, least] = [null, Infinity];
  layers.forEach(({ places, radius }, layer) => {
    places.forEach(([ux, uy], index) => {
      const distance = Math.hypot(x - ux, y - uy);
      if (distance < least && distance <= Math.max(REACH, radius)) [found, least] = [{ layer, index }, distance];
    });
  });
  return found;
}

// The unit that a key leads to, or null where it is no such key. Without a unit, the first one.
export function unitByKey(key, unit, { layers, isWide }) {
  const [back, on, before, after] = isWide
    ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]
    : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  if (![back, on, before, after, "Home", "End"].includes(key)) return null;
  if (!unit) return { layer: 0, index: 0 };
  const { layer, index } = unit;
  const last = layers[layer].places.length - 1;
  const within = { [back]: index - 1, [on]: index + 1, Home: 0, End: last }[key];
  if (within !== undefined) return { layer, index: Math.max(0, Math.min(last, within)) };
  const next = Math.max(0, Math.min(layers.length - 1, layer + (key === after ? 1 : -1)));
  const share = last ? index / last : 0.5;
  return { layer: next, index: Math.round(share * (layers[next].places.length - 1)) };
}
