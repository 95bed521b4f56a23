// The network itself: its layers as a diagram, lit by the drawing. Nothing is asked or drawn unless it
// is open and in sight, and no more often than the screen shows it.
import { onLook, onSight, write } from "../../shared/draw.js";
import { latestOnly, sleep, spaced } from "../../shared/latest.js";
import { on, page } from "../../shared/page.js";
import { storage } from "../../shared/storage.js";
import { Drawing } from "./drawing.js";
import { edgesOf } from "./edges.js";
import { layoutOf, unitByKey, unitNear } from "./layout.js";
import { Looking } from "./looking.js";
import { networkWords, unitWords } from "./words.js";

const STORED = "mnist:diagram";
const SERVER_MS = 250; // between what is asked of the server
const WORDS_MS = 150; // between changes of words, which cost a layout
const WAITING = "The network is on its way, or the server is out of reach: this waits for it.";
const CHANGES = ["mnist:prediction", "mnist:chosen", "mnist:connection"];

export class Diagram {
  constructor(section, server) {
    this.section = section;
    this.stage = section.querySelector(".stage");
    this.what = section.querySelector(".what");
    this.words = section.querySelector(".unit-words");
    this.announced = section.querySelector(".unseen");
    this.hint = this.words.textContent;
    this.looking = new Looking(server);
    this.drawing = new Drawing(this.stage);
    this.scene = { network: null, edges: null, layout: null, values: null, image: null, unit: null };
    this.isInSight = false;
    this.isNew = false; // more than the units is to be drawn
    this.frame = null;
    this.refresh = latestOnly(() => this.look());
    this.say = spaced(WORDS_MS, () => this.describe());
    section.open ||= storage.read(STORED) === "open";
    section.addEventListener("toggle", () => storage.write(STORED, section.open ? "open" : ""));
    this.watch();
    this.hear();
  }

  watch() {
    const { stage } = this;
    onSight(stage, ({ isIntersecting }) => {
      this.isInSight = isIntersecting;
      this.refresh();
    });
    new ResizeObserver(() => this.lay()).observe(stage);
    onLook(stage, () => this.drawAll());
    document.addEventListener("visibilitychange", () => this.refresh());
    for (const name of CHANGES) on(stage, name, () => this.refresh());
  }

  hear() {
    const { stage } = this;
    const at = ({ clientX, clientY }) => {
      const { left, top, width } = stage.getBoundingClientRect();
      const scale = stage.clientWidth / width; // of a page that is drawn larger
      return this.scene.layout && unitNear(this.scene.layout, (clientX - left) * scale, (clientY - top) * scale);
    };
    stage.addEventListener("pointermove", (event) => {
      const unit = event.pointerType === "mouse" && at(event);
      if (unit) this.pick(unit);
    });
    stage.addEventListener("click", (event) => this.pick(at(event)));
    stage.addEventListener("focus", () => stage.matches(":focus-visible") && !this.scene.unit && this.key("Home"));
    stage.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.key(event.key)) event.preventDefault();
    });
  }

  get isShown() {
    return this.isInSight && this.section.open && this.stage.isConnected && !document.hidden;
  }

  async look() {
    if (!this.isShown) return;
    const found = await this.looking.look();
    if (found) await this.show(found); // no more often than it can be drawn
    else if (!this.scene.network) write(this.what, WAITING);
    if (!found?.isHere) await sleep(SERVER_MS);
  }

  show({ network, values, image }) {
    const { scene } = this;
    const isFirst = !scene.values && values;
    Object.assign(scene, { values, image });
    if (network !== scene.network) {
      const isOther = String(network.sizes) !== String(scene.network?.sizes);
      Object.assign(scene, { network, edges: edgesOf(network) });
      if (isOther) this.pick(null);
      this.lay();
      const isYours = page.model === "yours" && page.trained;
      write(this.what, networkWords(network, { isYours, lines: scene.edges.flat().length }));
    }
    if (scene.unit && isFirst) this.announce();
    else if (scene.unit) this.say();
    return this.draw();
  }

  lay() {
    const { scene, stage } = this;
    const width = stage.clientWidth;
    if (!scene.network || !width) return;
    scene.layout = layoutOf({ counts: scene.network.shown.map(({ length }) => length), width });
    stage.style.height = `${scene.layout.height}px`;
    this.drawAll();
  }

  drawAll() {
    this.isNew = true;
    this.draw();
  }

  // At the next frame, once however much has changed until then; the promise is kept when it is drawn.
  draw() {
    this.frame ??= new Promise((resolve) => {
      requestAnimationFrame(() => {
        this.frame = null;
        this.paint();
        resolve();
      });
    });
    return this.frame;
  }

  paint() {
    if (!this.scene.layout || !this.stage.clientWidth) return;
    if (this.isNew) this.drawing.all(this.scene);
    else this.drawing.units(this.scene);
    this.isNew = false;
  }

  // unit: {layer, index}, or null for none.
  pick(unit) {
    const { scene } = this;
    if (unit?.layer === scene.unit?.layer && unit?.index === scene.unit?.index) return;
    scene.unit = unit;
    this.draw();
    this.announce();
  }

  // A unit is read out as it is picked and as the drawing first lights it, not with every move of the pen.
  announce() {
    this.describe();
    write(this.announced, this.scene.unit ? this.words.textContent : "");
  }

  describe() {
    const { network, unit, values } = this.scene;
    write(this.words, unit ? unitWords(network, unit, values) : this.hint);
  }

  // Whether that key does something here.
  key(key) {
    const { layout, unit } = this.scene;
    if (key === "Escape") this.pick(null);
    const next = layout && unitByKey(key, unit, layout);
    if (next) this.pick(next);
    return Boolean(next);
  }
}
