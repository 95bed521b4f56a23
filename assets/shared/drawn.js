// What is on the pad: strokes, or in their place a picture of which `image` is what the model sees; where
// it shows a number, `images` are those of its digits, and `said` is what these are beside their neighbours.
import { inBox, rounded } from "./strokes.js";

export const isBlank = ({ strokes, picture }) => !picture && strokes.length === 0;

// As it travels to be answered by a model: strokes in whole units, or the 784 numbers of 32 bits as base64. What
// digits are beside their neighbours, the ready-made reader has learnt; the visitor's own model is to show what
// it has learnt itself.
export function travelling({ strokes, picture }, model) {
  if (!picture) return { strokes: rounded(strokes) };
  const { image, images, said } = picture;
  return { strokes: [], image, images, said: model === "ready" ? said : [] };
}

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
