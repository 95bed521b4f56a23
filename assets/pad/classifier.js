// From strokes to an answer, as mnist_core/models/classifier.py and the pad's server function give it.
import { imageOf, isBlank } from "./raster.js";
import { CLASSES } from "./checkpoint.js";
import { words } from "./words.js";

// Strokes → {image: 784 bytes, 255 is ink; blank; probabilities; likeness; digit; words}. Blank ink
// has all probabilities equal.
export function predict(network, strokes) {
  const ink = imageOf(strokes);
  const image = Uint8Array.from(ink, (value) => Math.round(255 * value));
  const blank = isBlank(strokes);
  const answer = blank
    ? { probabilities: new Float32Array(CLASSES).fill(1 / CLASSES), likeness: 0, digit: null }
    : network.answer(ink);
  return { image, blank, ...answer, words: words({ blank, ...answer }) };
}
