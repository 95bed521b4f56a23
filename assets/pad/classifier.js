// From a drawing to an answer, as mnist_core/models/classifier.py and the pad's server function give it.
import { floatsOf } from "../shared/bytes.js";
import { CLASSES } from "./checkpoint.js";
import { imageOf, isBlank } from "./raster.js";
import { words } from "./words.js";

// Strokes, or `ready`, the image in their place (784 numbers of 32 bits as base64) → {image: 784 bytes, 255 is ink; blank; probabilities; likeness; digit; words}. Blank ink
// has all probabilities equal.
export function predict(network, strokes, ready) {
  const ink = ready ? floatsOf(ready) : imageOf(strokes);
  const image = Uint8Array.from(ink, (value) => Math.round(255 * value));
  const blank = !ready && isBlank(strokes);
  const answer = blank
    ? { probabilities: new Float32Array(CLASSES).fill(1 / CLASSES), likeness: 0, digit: null }
    : network.answer(ink);
  return { image, blank, ...answer, words: words({ blank, ...answer }) };
}
