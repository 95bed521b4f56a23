// Which of a network's weights are drawn, and which matter most to one unit. network: as pad/inside.js
// has it; a unit is {layer, index}, its place among those that are shown.
const LINES = 128; // of a layer, shared among its units
const [FEWEST, MOST] = [2, 8]; // of one unit
const NAMED = 4; // connections that a unit is described by

// The `count` strongest of what is at so many places, strongest first: [place, weight] each.
function strongest(count, places, weightAt) {
  const found = [];
  for (let place = 0; place < places; place++) {
    const weight = weightAt(place);
    const size = Math.abs(weight);
    if (!size || (found.length === count && size <= Math.abs(found[count - 1][1]))) continue;
    const before = found.findIndex(([, other]) => Math.abs(other) < size);
    found.splice(before < 0 ? found.length : before, 0, [place, weight]);
    found.length = Math.min(found.length, count);
  }
  return found;
}

const inputsOf = ({ shown, weights }, layer) => weights[layer].length / shown[layer].length;

// The strongest connections into a unit: {from, to, weight}; `from` is a pixel for the first layer.
export function into(network, { layer, index }, count = NAMED) {
  const inputs = inputsOf(network, layer);
  const row = network.weights[layer].subarray(index * inputs, (index + 1) * inputs);
  return strongest(count, inputs, (from) => row[from]).map(([from, weight]) => ({ from, to: index, weight }));
}

// And out of it, to the next layer; none out of the last.
export function outOf(network, { layer, index }, count = NAMED) {
  const next = layer + 1;
  if (next === network.weights.length) return [];
  const inputs = inputsOf(network, next);
  const weightAt = (to) => network.weights[next][to * inputs + index];
  return strongest(count, network.shown[next].length, weightAt).map(([to, weight]) => ({ from: index, to, weight }));
}

// Of each layer, the connections that are drawn: into each unit equally many, so that none is left out.
export function edgesOf(network) {
  return network.shown.map(({ length }, layer) => {
    const count = Math.max(FEWEST, Math.min(MOST, Math.round(LINES / length)));
    return Array.from({ length }, (_, index) => into(network, { layer, index }, count)).flat();
  });
}

// The 784 weights of a unit that sees the pixels, null of any other.
export function pictureOf({ shown, weights }, { layer, index }) {
  const inputs = weights[0].length / shown[0].length;
  return layer === 0 ? weights[0].subarray(index * inputs, (index + 1) * inputs) : null;
}
