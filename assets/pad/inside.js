// What is inside a network: the units that are shown of every layer, the weights between them, and what
// they say to an image; as mnist_core/ui/lab/inside.py gives it.
const SHOWN = 64; // units of a layer

// The units of a layer that are shown: all, or so many at even distances, the same ones at any time.
export function spread(size) {
  const count = Math.min(size, SHOWN);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}

// image: 784 bytes, 255 is ink; null for a blank one. known: the version of the weights that the asker has.
// weights: of each layer, (shown units, shown units before it), left out where they are known. values:
// what each hidden layer's units pass on, then the probabilities, and that of no digit where it can tell.
export function inside(network, { image, known, version }) {
  const { config, layers } = network;
  const sizes = layers.map(({ bias }) => bias.length);
  const shown = sizes.map(spread);
  return {
    version,
    sizes,
    shown,
    activation: config.activation,
    values: image && valuesOf(network, image, shown),
    ...(version !== known && { weights: shown.map((units, i) => layers[i].weightsOf(units, shown[i - 1])) }),
  };
}

function valuesOf(network, image, shown) {
  const { probabilities, likeness } = network.answer(Float32Array.from(image, (value) => value / 255));
  const hidden = network.layers.slice(0, -1).map(({ result }, i) => Array.from(shown[i], (unit) => result[unit]));
  return [...hidden, [...probabilities, ...(network.config.rejects ? [1 - likeness] : [])]];
}
