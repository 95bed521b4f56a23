// The drawing, what it was read as, and the ten bars, as one picture in the page's own look.
import { page } from "../shared/page.js";

const [WIDTH, HEIGHT] = [1000, 560];
const MARGIN = 40;
const SIDE = HEIGHT - 2 * MARGIN;
const LEFT = SIDE + 2 * MARGIN; // of the bars
const TOP = 170;
const ROW = 35;
const TRACK = { x: LEFT + 34, width: WIDTH - LEFT - 34 - 90 - MARGIN, height: 20 };

function box(context, colour, x, y, width, height, radius) {
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}

function drawBar(context, colour, digit) {
  const { probabilities } = page.prediction;
  const value = probabilities[digit];
  const isMost = value === Math.max(...probabilities);
  const y = TOP + ROW * digit;
  box(context, colour("track"), TRACK.x, y, TRACK.width, TRACK.height, 10);
  box(context, colour(isMost ? "accent" : "quiet"), TRACK.x, y, TRACK.width * value, TRACK.height, 10);
  context.fillStyle = colour("ink");
  context.textAlign = "left";
  context.fillText(String(digit), LEFT, y + 17);
  context.textAlign = "right";
  context.fillText(`${Math.round(100 * value)} %`, WIDTH - MARGIN, y + 17);
}

export function drawCard() {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const pad = document.querySelector("#sketchpad canvas");
  const style = getComputedStyle(pad);
  const colour = (name) => style.getPropertyValue(`--page-${name}`);
  const context = canvas.getContext("2d");
  context.fillStyle = colour("ground");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  box(context, colour("paper"), MARGIN, MARGIN, SIDE, SIDE, 24);
  context.strokeStyle = colour("track");
  context.stroke();
  context.save();
  context.clip();
  context.drawImage(pad, MARGIN, MARGIN, SIDE, SIDE);
  context.restore();
  const { textContent: words, dataset } = document.querySelector("#answer");
  context.fillStyle = colour(dataset.kind === "digit" ? "accent" : "ink");
  context.font = `700 ${dataset.kind === "digit" ? 96 : 40}px ${style.fontFamily}`;
  context.fillText(words, LEFT, MARGIN + 84, WIDTH - LEFT - MARGIN);
  context.font = `22px ${style.fontFamily}`;
  for (let digit = 0; digit < 10; digit += 1) drawBar(context, colour, digit);
  return canvas;
}
