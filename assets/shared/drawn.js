// What is on the pad: strokes, or in their place a picture of which `image` is what the model sees; where
// it shows a number, `images` are those of its digits, and `said` is what the pairs say that these are of.
import { inBox, rounded } from "./strokes.js";

export const isBlank = ({ strokes, picture }) => !picture && strokes.length === 0;

// As it travels: strokes in whole units, or the 784 numbers of 32 bits as base64.
export const travelling = ({ strokes, picture }) =>
  picture ? { strokes: [], image: picture.image, images: picture.images, said: picture.said } : { strokes: rounded(strokes) };

// As it travels for any model: of a number the digit that is chosen.
export function digitOf({ chosen, strokes, picture }) {
  if (picture) return { strokes: [], image: picture.images[chosen?.at] ?? picture.image };
  return { strokes: rounded(chosen?.strokes ? inBox(chosen.strokes) : strokes) };
}

// As it travels to be looked at closely: the same, with the weights that the pad's answer is of. Null while
// the pad has no answer of the model that is to answer.
export function lookedAt({ model, prediction, ...drawn }) {
  if (prediction?.model !== model) return null;
  return { ...digitOf(drawn), model, weights: prediction.weights };
}

// Whether two of the pad's answers are of the same weights.
export const areOfSame = (one, other) =>
  one?.model === other.model && ["run", "step", "version"].every((name) => one.weights?.[name] === other.weights?.[name]);
