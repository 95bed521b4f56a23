// The sketchpad: vector strokes, drawn, undone and redone, and the answer asked for as they grow; or a
// picture in their place.
import { write } from "../shared/draw.js";
import { isBlank } from "../shared/drawn.js";
import { connect, emit, on, page, session } from "../shared/page.js";
import { addSamples } from "../shared/samples.js";
import { storage } from "../shared/storage.js";
import { checked, rounded } from "../shared/strokes.js";
import { Asking, answering } from "./asking.js";
import { Drawing } from "./drawing.js";
import { drawByKeyboard, hearCommands } from "./keyboard.js";
import { LocalReader } from "./local.js";
import { OwnWeights, fetchWeights } from "./own.js";
import { Paper } from "./paper.js";
import { Pictures } from "./pictures.js";
import { drawByPointer } from "./pointer.js";
import { bringReady } from "./ready.js";

const REST_MS = 400; // without movement: the pen rests
const FULL = "That is all the ink that fits. Undo or clear to go on.";
const STORED = "mnist:ink";

class Sketchpad {
  constructor(element, server, { weights, most_bytes: mostBytes } = {}) {
    this.element = element;
    this.server = server;
    this.changedAt = performance.now();
    this.timer = undefined; // until the pen rests
    this.drawing = new Drawing(checked(storage.readList(STORED)) ?? []);
    this.paper = new Paper(element.querySelector("canvas"), this.drawing);
    this.reader = new LocalReader();
    this.asking = new Asking(this);
    this.own = new OwnWeights(this.reader, {
      fetchWeights: async (each) => fetchWeights(await session(), each),
      isWanted: ({ isOver }) => !page.lost && !document.hidden && (page.model === "yours" || isOver),
      heard: ({ told = true } = {}) => (told ? emit("mnist:moment") : this.asking.predict("moment")),
    });
    this.guide = element.querySelector(".guide");
    this.note = element.querySelector(".note");
    this.buttons = Object.fromEntries(
      [...element.querySelectorAll("[data-action]")].map((button) => [button.dataset.action, button]),
    );
    this.pictures = new Pictures(this, mostBytes);
    addSamples(element.querySelector(".samples"));
    this.wire();
    page.strokes = this.drawing.strokes;
    page.setStrokes = (strokes) => this.setStrokes(strokes);
    page.inside = (asked) => this.reader.inside(answering(), asked);
    page.setImage = (pixels) => this.pictures.put(pixels);
    this.show();
    // It also warms the connection up.
    this.asking.predict("model").then(() => weights && bringReady(this, weights));
    if (page.strokes.length) emit("mnist:ink", { strokes: page.strokes });
    else this.pictures.bringBack();
  }

  wire() {
    const { canvas } = this.paper;
    this.isPressed = drawByPointer(canvas, {
      begin: (x, y) => {
        this.paper.cursor = null;
        this.finish();
        this.begin(x, y);
      },
      extend: (points, at) => this.extend(points, at),
      finish: () => this.finish(),
      drop: () => this.drawing.drop(),
    });
    drawByKeyboard(canvas, this.element.querySelector(".pen"), this);
    hearCommands(this.element, (command) => this.act(command));
    for (const [command, button] of Object.entries(this.buttons)) {
      button.addEventListener("click", () => this.act(command));
    }
    on(this.element, "mnist:model", () => this.again());
    // What answers now, and whether for this drawing still, the server alone knows.
    on(this.element, "mnist:renewed", () => {
      this.own.follow(null);
      this.asking.predict("model");
    });
    on(this.element, "mnist:connection", ({ lost }) => lost || this.again());
    on(this.element, "mnist:own", ({ own }) => this.own.follow(own));
    document.addEventListener("visibilitychange", () => this.own.bring());
    on(this.element, "mnist:moment", () => this.asking.predict("moment"));
  }

  again() {
    this.asking.predict("model");
    this.own.bring();
  }

  get isResting() {
    return this.timer === undefined;
  }

  act(command) {
    this.pictures.stop();
    const before = this.drawing.strokes;
    this.drawing[command]();
    if (this.drawing.strokes !== before) this.changed();
    else this.show();
  }

  setStrokes(strokes) {
    const good = checked(strokes);
    if (!good) return false;
    this.pictures.stop();
    this.drawing.replace(structuredClone(good));
    this.changed();
    return true;
  }

  setPicture(picture) {
    this.drawing.replace([], picture);
    this.changed();
  }

  begin(x, y) {
    this.pictures.stop();
    if (this.drawing.begin(x, y)) this.moved();
  }

  extend(points, at) {
    const grown = points.filter(([x, y]) => this.drawing.extend(x, y));
    if (grown.length) this.moved(at);
  }

  finish() {
    if (this.drawing.finish()) this.settled();
  }

  moved(at = performance.now()) {
    this.changedAt = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), REST_MS);
    Object.assign(page, this.drawing.state);
    emit("mnist:drawing");
    this.show();
    this.asking.predict("ink");
  }

  // By a button or a key: there is no pen to wait for.
  changed() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.settled();
  }

  // A lifted pen may only be between two strokes, so it too rests a moment later.
  settled() {
    const { strokes, picture } = this.drawing;
    Object.assign(page, this.drawing.state);
    storage.write(STORED, JSON.stringify(rounded(strokes)));
    this.pictures.keep(picture);
    if (this.isResting) this.changedAt = performance.now();
    this.show();
    this.asking.predict("ink");
    emit("mnist:ink", { strokes });
  }

  rest() {
    this.timer = undefined;
    if (this.drawing.stroke) emit("mnist:ink", { strokes: this.drawing.strokes });
    emit("mnist:rest");
  }

  show() {
    const { past, future } = this.drawing;
    const blank = isBlank(this.drawing);
    const set = (name, off) => this.buttons[name].setAttribute("aria-disabled", String(off));
    set("undo", past.length === 0);
    set("redo", future.length === 0);
    set("clear", blank && !this.pictures.isBusy);
    write(this.note, this.drawing.isFull ? FULL : this.pictures.trouble);
    this.guide.toggleAttribute("data-hidden", !blank);
    this.pictures.show(this.drawing.picture);
    this.paper.show();
  }
}

export function mount({ element, server, props }) {
  connect(server);
  return new Sketchpad(element, server, props);
}
