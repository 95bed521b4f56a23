// A picture on the pad, with what of it was taken for ink, as the server found them.
import { bytesOf, floatsOf } from "../shared/bytes.js";

const FAINT = 0.35; // of the picture below its ink

async function decoded(kind, text) {
  const picture = new Image();
  picture.src = `data:image/${kind};base64,${text}`;
  await picture.decode();
  return picture;
}

// Where a picture of that size lies in a square of that side, as large as fits.
export function placeOf({ width, height }, side) {
  const scale = side / Math.max(width, height);
  return [(side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale];
}

// An image of 28×28 as ink on nothing.
function inkOf(values) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  const pixels = new ImageData(28, 28);
  values.forEach((value, i) => (pixels.data[4 * i + 3] = Math.round(255 * value)));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

export class Found {
  // An image that the model sees as it is, as 784 numbers of 32 bits.
  static placed(image) {
    return new Found({ image, images: [], said: [] }, null, inkOf(floatsOf(image)));
  }

  // found: {picture, ink, box, image, images, said}: a JPEG, and the ink as the alpha of a PNG; its [left, top,
  // right, bottom] as shares of the sides; and the image that the model sees, 784 numbers of 32 bits, with those
  // of its digits where it shows a number, and what these are beside their neighbours (number.js).
  // Or the image alone. Rejects what is none.
  static async from({ picture, ink, box, image, images = [], said = [] }) {
    if (!picture && bytesOf(image).length === 4 * 784) return Found.placed(image);
    if ([image, ...images].some((each) => bytesOf(each).length !== 4 * 784) || box?.length !== 4) throw new Error("expected a found picture");
    const parts = await Promise.all([decoded("jpeg", picture), decoded("png", ink)]);
    return new Found({ picture, ink, box, image, images, said }, ...parts);
  }

  constructor(kept, picture, ink) {
    this.kept = kept; // what a reload needs
    this.image = kept.image;
    this.images = kept.images;
    this.said = kept.said;
    this.box = kept.box;
    this.picture = picture;
    this.ink = ink;
    this.inked = {}; // the ink in a colour
  }

  // Whether nothing had to be found in it.
  get isPlaced() {
    return this.picture === null;
  }

  inkIn(colour) {
    if (this.inked.colour === colour) return this.inked.canvas;
    const { width, height } = this.ink;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(this.ink, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    this.inked = { colour, canvas };
    return canvas;
  }

  // The ink over the faint picture where there is one, in a square of that side.
  paint(context, side, colour) {
    const place = placeOf(this.picture ?? this.ink, side);
    context.globalAlpha = FAINT;
    if (this.picture) context.drawImage(this.picture, ...place);
    context.globalAlpha = 1;
    context.drawImage(this.inkIn(colour), ...place);
  }
}
