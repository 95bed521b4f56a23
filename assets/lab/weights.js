// What the units of the first layer look for.
import { signedBytesOf } from "../shared/bytes.js";
import { paintSigned } from "../shared/draw.js";
import { writeWithTerms } from "../shared/terms.js";

const PIXELS = 784;
const CELL = 30; // a picture of 28 pixels and a gap

// To -127…127, each unit on its own scale: a strong one would leave the others grey.
export function stretched(values) {
  const most = values.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 1);
  return values.map((value) => Math.round((127 * value) / most));
}

export class Weights {
  constructor(root) {
    this.canvas = root.querySelector(".weights");
    this.note = root.querySelector(".weights-note");
  }

  show(data, scale, units) {
    const values = signedBytesOf(data);
    const count = values.length / PIXELS;
    const columns = Math.min(8, count);
    this.fit(columns * CELL - 2, Math.ceil(count / columns) * CELL - 2);
    for (let unit = 0; unit < count; unit++) {
      const place = { x: (unit % columns) * CELL, y: Math.floor(unit / columns) * CELL, width: 28 };
      paintSigned(this.canvas, stretched(values.subarray(PIXELS * unit, PIXELS * (unit + 1))), place);
    }
    const all = units > count ? `The first ${count} of ${units} units` : `${count} units`;
    writeWithTerms(this.note, `${all}; the strongest weight is ${scale.toFixed(2)}.`);
    this.canvas.setAttribute("aria-label", `First-layer weights of ${count} units, the strongest ${scale.toFixed(2)}`);
  }

  // Setting a size clears the canvas, so it is left alone while it stays.
  fit(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }
}
