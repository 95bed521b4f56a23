// The diagram as it is drawn: its lines at the back, over them the units as they light up, and the names
// in front. Each on a canvas of its own, which is drawn anew only where something on it has changed.
import { make, paintGrey, paintOverInk, sharp } from "../../shared/draw.js";
import { stretched } from "../weights.js";
import { into, outOf, pictureOf } from "./edges.js";
import { pixelPlace } from "./layout.js";
import { layerWords, nameOfOutput } from "./words.js";

const SHADES = 4; // of lines, by strength
const DASH = [4, 3]; // of a weight that holds back
const BOLD = 2.5; // lines of the chosen unit
const FAINTEST = 0.02; // that is seen
const COLOURS = ["accent", "other", "ink", "soft", "ground"];

export class Drawing {
  constructor(stage) {
    this.canvases = [...stage.querySelectorAll("canvas")];
    this.winner = null; // the likeliest answer, whose name is bold
    this.small = make("canvas", { width: 28, height: 28 });
  }

  // scene: {layout, network, edges, values, image, unit}
  all(scene) {
    this.fit(scene.layout);
    this.outlines = scene.layout.layers.map(outlineOf);
    this.lines(scene);
    this.units(scene);
    this.names(scene);
  }

  // To ask for the page's look makes the browser lay it out, so that is not done at every frame.
  fit({ width, height }) {
    const style = getComputedStyle(this.canvases[0]);
    this.colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--page-${name}`).trim()]));
    this.font = style.fontFamily;
    [this.back, this.middle, this.front] = this.canvases.map((canvas) => sharp(canvas, width, height));
  }

  clear(context, { width, height }) {
    context.clearRect(0, 0, width, height);
    return context;
  }

  lines({ layout, edges }) {
    const context = this.clear(this.back, layout);
    edges.forEach((each, layer) => this.connect(context, layout, layer, each));
  }

  units(scene) {
    const { layout, network, unit } = scene;
    const context = this.clear(this.middle, layout);
    this.back.canvas.toggleAttribute("data-faint", unit !== null);
    this.input(context, scene);
    if (unit) {
      // Which pixels it looks at is in the picture.
      if (unit.layer) this.connect(context, layout, unit.layer, into(network, unit), BOLD);
      this.connect(context, layout, unit.layer + 1, outOf(network, unit), BOLD);
    }
    layout.layers.forEach((_, layer) => this.layer(context, scene, layer));
    if (unit) this.ring(context, layout.layers[unit.layer], unit.index);
    if (winnerOf(scene) !== this.winner) this.names(scene);
  }

  input(context, { layout, network, image, unit }) {
    const { x, y, side } = layout.input;
    const ink = image ?? new Uint8Array(784);
    const weights = unit && pictureOf(network, unit);
    if (weights) paintOverInk(this.small, bytesOf(weights), ink);
    else paintGrey(this.small, ink);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, x, y, side, side);
    Object.assign(context, { strokeStyle: this.colours.soft, lineWidth: 1 });
    context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
  }

  connect(context, layout, layer, edges, bold = 0) {
    const from = (place) => (layer ? layout.layers[layer - 1].places[place] : pixelPlace(layout.input, place));
    for (const [shade, group] of alike(edges)) {
      const strength = Math.abs(shade) / SHADES;
      context.strokeStyle = shade > 0 ? this.colours.accent : this.colours.other;
      context.lineWidth = bold * strength || 0.4 + strength;
      context.globalAlpha = bold ? 1 : 0.1 + 0.5 * strength;
      context.setLineDash(shade > 0 ? [] : DASH);
      context.beginPath();
      for (const edge of group) {
        context.moveTo(...from(edge.from));
        context.lineTo(...layout.layers[layer].places[edge.to]);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  // As full as they are loud beside the layer's loudest; digits as they are likely.
  layer(context, { layout, values }, layer) {
    const { places, radius } = layout.layers[layer];
    const own = values?.[layer] ?? [];
    const isLast = layer === layout.layers.length - 1;
    const most = isLast ? 1 : own.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 0);
    Object.assign(context, { fillStyle: this.colours.ground, strokeStyle: this.colours.soft, lineWidth: 1 });
    context.fill(this.outlines[layer]);
    places.forEach(([x, y], index) => {
      const level = own[index] / most;
      if (!(Math.abs(level) > FAINTEST)) return; // silent, or no number
      context.fillStyle = level > 0 ? this.colours.accent : this.colours.other;
      context.globalAlpha = Math.abs(level);
      context.beginPath();
      // What pulls down is a square.
      if (level > 0) dot(context, x, y, radius);
      else context.rect(x - 0.7 * radius, y - 0.7 * radius, 1.4 * radius, 1.4 * radius);
      context.fill();
    });
    context.globalAlpha = 0.6;
    context.stroke(this.outlines[layer]);
    context.globalAlpha = 1;
  }

  names(scene) {
    const { layout } = scene;
    const context = this.clear(this.front, layout);
    const { x, y, side } = layout.input;
    context.textAlign = "center";
    if (layout.isWide) this.write(context, "784 pixels", x + side / 2, y - 8, this.colours.soft);
    layout.layers.forEach((_, layer) => this.name(context, scene, layer));
    this.winner = winnerOf(scene);
    context.textAlign = layout.isWide ? "left" : "center";
    layout.layers.at(-1).places.forEach(([left, top], index) => {
      const at = layout.isWide ? [left + 16, top + 4] : [left, top + 26];
      this.write(context, nameOfOutput(index), ...at, this.colours.ink, index === this.winner ? "bold 14px" : "13px");
    });
  }

  // A layer's name: above it, or where they lie in rows, at the left over its row.
  name(context, { layout, network }, layer) {
    const [name, units] = layerWords(network, layer);
    const [x, y] = layout.layers[layer].name;
    context.textAlign = layout.isWide ? "center" : "left";
    this.write(context, name, x, y, this.colours.ink);
    if (layout.isWide) this.write(context, units, x, y + 16, this.colours.soft);
    else this.write(context, units, x + 66, y, this.colours.soft);
  }

  // Legible over lines too.
  write(context, text, x, y, colour, size = "12px") {
    Object.assign(context, { font: `${size} ${this.font}`, fillStyle: colour, strokeStyle: this.colours.ground, lineWidth: 4, lineJoin: "round" });
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  ring(context, { places, radius }, index) {
    Object.assign(context, { strokeStyle: this.colours.ink, lineWidth: 2 });
    context.beginPath();
    dot(context, ...places[index], radius + 2);
    context.stroke();
  }
}

function winnerOf({ values }) {
  const last = values?.at(-1) ?? [];
  return last.indexOf(Math.max(...last));
}

// In groups by sign and strength, from -SHADES to SHADES: a stroke of its own for each line would take
// many times as long.
function alike(edges) {
  const most = edges.reduce((sofar, { weight }) => Math.max(sofar, Math.abs(weight)), 0);
  const groups = new Map();
  for (const edge of edges) {
    const shade = Math.ceil((SHADES * Math.abs(edge.weight)) / most) * Math.sign(edge.weight);
    if (!groups.has(shade)) groups.set(shade, []);
    groups.get(shade).push(edge);
  }
  return groups;
}

const bytesOf = (weights) => stretched(weights.map((value) => value * 1e6)); // of any size

function outlineOf({ places, radius }) {
  const path = new Path2D();
  places.forEach(([x, y]) => dot(path, x, y, radius));
  return path;
}

function dot(context, x, y, radius) {
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
