// A picture's way to the model, as the server found it: four stages, each a square.
import { floatsOf } from "../shared/bytes.js";
import { make, paintGrey } from "../shared/draw.js";
import { placeOf } from "../pad/found.js";

const SIDE = 184; // twice as fine as it is shown
const STAGES = ["As sent", "Ink alone", "Crop", "Scale, centre"];
const WHITE = "#fff";

// `drawn`, or its part [x, y, width, height], as large as fits.
function fit(context, drawn, part = [0, 0, drawn.width, drawn.height]) {
  const [, , width, height] = part;
  context.drawImage(drawn, ...part, ...placeOf({ width, height }, SIDE));
}

const PAINTERS = [
  (context, { picture }) => fit(context, picture),
  (context, found) => fit(context, found.inkIn(WHITE)),
  (context, found) => {
    const [left, top, right, bottom] = found.box;
    const { width, height } = found.ink;
    fit(context, found.inkIn(WHITE), [left * width, top * height, (right - left) * width, (bottom - top) * height]);
  },
];

export function foundStages(list) {
  const canvases = STAGES.map((name, i) => {
    const side = i < PAINTERS.length ? SIDE : 28;
    const label = `The picture: ${name.toLowerCase()}`;
    const canvas = make("canvas", { width: side, height: side, className: "picture", role: "img", aria: { label } });
    list.append(make("li", {}, canvas, make("span", { className: "label", textContent: name })));
    return canvas;
  });
  return (found) => {
    PAINTERS.forEach((paint, i) => {
      const context = canvases[i].getContext("2d");
      context.clearRect(0, 0, SIDE, SIDE);
      paint(context, found);
    });
    paintGrey(canvases.at(-1), floatsOf(found.image).map((value) => Math.round(255 * value)));
  };
}
