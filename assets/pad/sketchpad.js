// The sketchpad: vector strokes, drawn, undone and redone, and the answer asked for as they grow.
import { write } from "../shared/draw.js";
import { connect, emit, on, page, session } from "../shared/page.js";
import { sleep } from "../shared/latest.js";
import { storage } from "../shared/storage.js";
import { checked, rounded } from "../shared/strokes.js";
import { Asking } from "./asking.js";
import { Drawing } from "./drawing.js";
import { drawByKeyboard, hearCommands } from "./keyboard.js";
import { LocalReader } from "./local.js";
import { OwnWeights, fetchWeights, idle } from "./own.js";
import { Paper } from "./paper.js";
import { drawByPointer } from "./pointer.js";

const REST_MS = 400; // without movement: the pen rests
const FULL = "That is all the ink that fits. Undo or clear to go on.";
const STORED = "mnist:ink";
const MOST_TRIES = 3; // to bring the weights
const AGAIN_MS = 30_000;

const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

class Sketchpad {
  constructor(element, server, weights) {
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
      [...element.querySelectorAll("button")].map((button) => [button.dataset.action, button]),
    );
    this.wire();
    page.strokes = this.drawing.strokes;
    page.setStrokes = (strokes) => this.setStrokes(strokes);
    this.show();
    // It also warms the connection up.
    this.asking.predict("model").then(() => weights && this.bringReady(weights));
    if (page.strokes.length) emit("mnist:ink", { strokes: page.strokes });
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

  // Has the network answer here, once the page is there and nobody draws.
  async bringReady({ address, sha256 }) {
    if (document.readyState !== "complete") await once(window, "load");
    this.reader.start();
    this.own.bring();
    for (let tries = 1; tries <= MOST_TRIES && this.element.isConnected; tries += 1) {
      await idle();
      if (!this.isResting) await once(window, "mnist:rest");
      const url = new URL(address, document.baseURI).href;
      if (await this.reader.load("ready", 1, { url, sha256 })) {
        this.asking.goOn();
        return;
      }
      await sleep(tries * AGAIN_MS);
    }
  }

  get isResting() {
    return this.timer === undefined;
  }

  act(command) {
    const before = this.drawing.strokes;
    this.drawing[command]();
    if (this.drawing.strokes !== before) this.changed();
  }

  setStrokes(strokes) {
    const good = checked(strokes);
    if (!good) return false;
    this.drawing.replace(structuredClone(good));
    this.changed();
    return true;
  }

  begin(x, y) {
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
    page.strokes = this.drawing.strokes;
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
    const { strokes } = this.drawing;
    page.strokes = strokes;
    storage.write(STORED, JSON.stringify(rounded(strokes)));
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
    const { strokes, past, future } = this.drawing;
    const set = (name, off) => this.buttons[name].setAttribute("aria-disabled", String(off));
    set("undo", past.length === 0);
    set("redo", future.length === 0);
    set("clear", strokes.length === 0);
    write(this.note, this.drawing.isFull ? FULL : "");
    this.guide.toggleAttribute("data-hidden", strokes.length > 0);
    this.paper.show();
  }
}

export function mount({ element, server, props }) {
  connect(server);
  return new Sketchpad(element, server, props?.weights);
}
