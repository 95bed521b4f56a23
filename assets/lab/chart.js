// The chart of loss and accuracy, drawn on a canvas; and its twin, a table.
import { fillTable, onLook, sharp } from "../shared/draw.js";
import { compact, percent } from "../shared/numbers.js";
import { AXES, along } from "./axes.js";
import { writeHeads } from "../shared/terms.js";
import { tableOf } from "./history.js";
import { colourOf, scalesOf } from "./scales.js";

const GAP = 52; // before and between the panels
const TOP = 24;
const KEY = 28; // height of the key in a picture
const DISGUISE = 8; // a colour is off by more than this where a browser means it to be
const DASHES = [7, 4];

const isBeside = (run) => run.isBeside;
const coloursOf = (style) =>
  Object.fromEntries(["accent", "other", "ink", "soft", "grid"].map((name) => [name, style.getPropertyValue(`--page-${name}`).trim()]));

export class Chart {
  constructor(figure) {
    this.canvas = figure.querySelector("canvas");
    this.table = figure.querySelector("table");
    this.twin = figure.querySelector(".twin");
    this.runs = [];
    this.cursor = null;
    this.choice = figure.querySelector("select");
    this.choice.addEventListener("change", () => this.draw());
    this.twin.addEventListener("toggle", () => this.list());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    onLook(this.canvas, () => this.draw());
  }

  // runs: [{id, active, measure, points, measures, total, epochs, perEpoch, isBeside}], the one that it
  // is about last, and before it the one that lies beside it, if any; cursor: a row of its measures, or null.
  show(runs, cursor) {
    this.runs = runs;
    this.cursor = cursor;
    this.draw();
    if (this.twin.open) this.list();
  }

  draw() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !this.runs.length) return;
    this.paint(sharp(canvas, width, height), width, height);
    const shown = [...this.runs.slice(-1), ...this.runs.filter(isBeside)].filter(({ measures }) => measures.length);
    const label = shown.map(({ id, measures }) => {
      const [step, loss, accuracy] = measures.at(-1);
      return `${shown.length > 1 ? `Run ${id}: ` : ""}Loss ${loss?.toFixed(3)}, accuracy ${percent(accuracy)} at step ${step}. `;
    }).join("");
    canvas.setAttribute("aria-label", label ? `${label}The table has all figures.` : "Loss and accuracy");
  }

  paint(context, width, height) {
    const style = getComputedStyle(this.canvas);
    const colours = coloursOf(style);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${style.fontFamily}`;
    this.axis = AXES[this.choice.value];
    this.placed = this.runs.map((run) => along(run, this.axis));
    const { total, loss, accuracy } = scalesOf(this.placed, this.axis);
    const tall = width < 480; // one panel above the other
    const size = tall ? { w: width - GAP, h: (height - 104) / 2 } : { w: (width - 2 * GAP - 8) / 2, h: height - 46 };
    const first = { x: GAP - 8, y: TOP, ...size };
    const second = tall ? { ...first, y: TOP + size.h + 50 } : { ...first, x: first.x + size.w + GAP };
    const words = (value) => `${Number((100 * value).toFixed(1))} %`;
    const panels = [
      { ...first, ...loss, title: "Loss (lower is better)", column: 1, words: String },
      { ...second, ...accuracy, title: "Accuracy (higher is better)", column: 2, words },
    ];
    for (const panel of panels) this.panel(context, panel, total, colours);
  }

  panel(context, panel, total, colours) {
    const { x, y, w, h, low, high } = panel;
    const across = (place) => x + (w * place) / total;
    const up = (value) => y + h - (h * (Math.max(low - 0.1, Math.min(value, high)) - low)) / (high - low);
    context.fillStyle = colours.soft;
    context.textAlign = "left";
    context.fillText(panel.title, x, y - 9);
    context.textAlign = "right";
    for (const tick of panel.ticks) {
      stroke(context, [[x, up(tick)], [x + w, up(tick)]], { colour: colours.grid });
      context.fillText(panel.words(tick), x - 5, up(tick) + 4);
    }
    context.fillText(this.axis.words(total), x + w, y + h + 16);
    // What is above runs along the edge.
    if (panel.over) context.fillText(`↑ up to ${compact(panel.over)}`, x + w - 4, y + 14);
    context.save();
    context.beginPath();
    context.rect(x - 2, y - 2, w + 4, h + 4);
    context.clip();
    this.lines(context, panel.column, { across, up }, colours);
    if (this.cursor !== null) {
      const place = across(this.axis.at(this.cursor, this.runs.at(-1)));
      stroke(context, [[place, y], [place, y + h]], { colour: colours.ink });
    }
    context.restore();
  }

  lines(context, column, { across, up }, colours) {
    const pick = (rows) => rows.filter((row) => Number.isFinite(row[column])).map((row) => [across(row[0]), up(row[column])]);
    context.lineJoin = "round";
    for (const run of this.placed) {
      const { training, measured } = this.linesOf(run, colours);
      if (training) stroke(context, pick(run.points), training);
      stroke(context, pick(run.measures), measured);
    }
  }

  // How the lines of a run are drawn; runs that it is not about have no training line.
  linesOf({ id, isBeside: dashed }, { accent, other }) {
    const isPair = this.runs.some(isBeside);
    if (!dashed && id !== this.runs.at(-1).id) return { measured: { colour: colourOf(id), width: 1.5, alpha: isPair ? 0.25 : 0.55 } };
    const line = dashed ? { colour: other, dashes: DASHES } : { colour: accent };
    return { training: { ...line, alpha: isPair ? 0.6 : 0.45 }, measured: { ...line, width: 2.5 } };
  }

  list() {
    const run = this.runs.at(-1);
    if (!run) return;
    const { titles, rows } = tableOf(run, this.runs.find(isBeside));
    writeHeads(this.table, titles);
    fillTable(this.table, rows);
  }

  // A picture of the chart with its key, on the page's own paper; null where the browser gives away
  // no pictures of what was drawn.
  picture() {
    if (isGuarded()) return null;
    const scale = this.canvas.width / this.canvas.clientWidth;
    const copy = document.createElement("canvas");
    copy.width = this.canvas.width;
    copy.height = this.canvas.height + KEY * scale;
    const context = copy.getContext("2d");
    const style = getComputedStyle(this.canvas);
    context.fillStyle = style.getPropertyValue("--page-paper");
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(this.canvas, 0, 0);
    context.setTransform(scale, 0, 0, scale, 0, this.canvas.height);
    this.key(context, style);
    return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
  }

  key(context, style) {
    const [newest, ...others] = this.runs.map((run) => ({ ...run, ...this.linesOf(run, coloursOf(style)) })).reverse();
    const entries = [
      ["training", newest.training],
      [`${newest.measure.name} pictures`, newest.measured],
      ...others.map(({ id, isBeside: dashed, measured }) => [`run ${id}${dashed ? ` beside run ${newest.id}` : ""}`, measured]),
    ];
    context.font = `12px ${style.fontFamily}`;
    context.textAlign = "left";
    let x = GAP - 8;
    for (const [words, line] of entries) {
      stroke(context, [[x, KEY / 2], [x + 20, KEY / 2]], line);
      context.fillStyle = style.getPropertyValue("--page-soft");
      context.fillText(words, x + 26, KEY / 2 + 4);
      x += 44 + context.measureText(words).width;
    }
  }
}

// Whether the browser disguises what is on a canvas, against fingerprinting: known colours come back
// as others.
export function isGuarded() {
  const probe = document.createElement("canvas");
  [probe.width, probe.height] = [16, 16];
  const context = probe.getContext("2d");
  const known = [40, 120, 200];
  context.fillStyle = `rgb(${known.join(" ")})`;
  context.fillRect(0, 0, 16, 16);
  const { data } = context.getImageData(0, 0, 16, 16);
  return data.some((value, i) => i % 4 < 3 && Math.abs(value - known[i % 4]) > DISGUISE);
}

function stroke(context, points, { colour, width = 1, alpha = 1, dashes = [] }) {
  if (points.length < 2) return;
  Object.assign(context, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
  context.setLineDash(dashes);
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}
