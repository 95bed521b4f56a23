// What is on the pad: strokes, or in their place a picture of which `image` is what the model sees.
import { lookedAt, rounded } from "./strokes.js";

export const isBlank = ({ strokes, picture }) => !picture && strokes.length === 0;

// As it travels: strokes in whole units, or the 784 numbers of 32 bits as base64.
export const travelling = ({ strokes, picture }) =>
  picture ? { strokes: [], image: picture.image } : { strokes: rounded(strokes) };

// The same to be looked at closely: of a number the digit that is chosen.
export const chosenDrawing = (page) => (page.picture ? travelling(page) : { strokes: lookedAt(page) });
