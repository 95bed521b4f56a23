// From a drawing to an answer, as mnist_core/models/classifier.py and the pad's server function give it.
import { floatsOf } from "../shared/bytes.js";
import { CLASSES } from "./checkpoint.js";
import { digitsInARow, placedInARow } from "./number.js";
import { imageOf, isBlank } from "./raster.js";
import { words, wordsOf } from "./words.js";

const bytes = (ink) => Uint8Array.from(ink, (value) => Math.round(255 * value));

// Strokes, taken for one digit → {image: 784 pixels in [0, 1]; blank; probabilities; likeness; digit}.
// Blank ink has all probabilities equal.
function whole(network, strokes) {
  const image = imageOf(strokes);
  const blank = isBlank(strokes);
  if (!blank) return { image, blank, ...network.answer(image) };
  return { image, blank, probabilities: new Float32Array(CLASSES).fill(1 / CLASSES), likeness: 0, digit: null };
}

// The same with `words`, and the image in bytes, 255 is ink.
export function predict(network, strokes) {
  const answer = whole(network, strokes);
  return { ...answer, image: bytes(answer.image), words: words(answer) };
}

// The number in strokes: as `predict` where it is one digit. Of several the answer is that of the last,
// with the words of all, and `parts` has them from left to right, each with `strokes` that draw its image.
// picture: in the place of strokes, {images, said}: those of a picture's digits, 784 numbers of 32 bits as base64
// each, and what these are beside their neighbours, as number.js has it.
export function read(network, strokes, picture = null) {
  const answer = picture ? null : whole(network, strokes);
  const row = picture ? placedInARow(network, picture.images.map(floatsOf), picture.said) : rowIn(network, strokes, answer);
  const digits = row.map(({ image, ...digit }, at) => ({ ...digit, at, image: bytes(image) }));
  const shown = digits.at(-1) ?? { ...answer, image: bytes(answer.image) };
  const said = row.length ? wordsOf(row) : words(answer);
  return { ...shown, blank: answer?.blank ?? false, words: said, parts: digits.length > 1 ? digits : [] };
}

const rowIn = (network, strokes, answer) => (answer.blank ? [] : digitsInARow(network, strokes, answer));
