// The gallery: the pictures that measure a run, and what the chosen moment makes of each.
import { write } from "../shared/draw.js";
import { latestOnly, sleep } from "../shared/latest.js";
import { call } from "../shared/page.js";
import { grouped } from "../shared/numbers.js";
import { writeWithTerms } from "../shared/terms.js";
import { ORDERS, countOf, picturesIn, sorted } from "./answers.js";
import { Thumbnails } from "./thumbnails.js";
import { isActive, measureOf } from "./words.js";

const PAGE = 60;
const REST_MS = 100; // between two questions: dragging the slider asks many
const EACH_MS = 1000; // while it learns, at most so often,
const SHARE = 10; // and less often where the server takes long

export class Gallery {
  constructor(root, lab) {
    this.lab = lab;
    this.details = root.querySelector(".gallery");
    const part = (name) => this.details.querySelector(name);
    this.line = part(".count");
    this.controls = part(".fields");
    this.some = part(".some");
    this.more = part("[data-more]");
    this.grid = new Thumbnails(part(".tiles"), lab.server);
    this.choices = Object.fromEntries([...this.controls.querySelectorAll("select")].map((each) => [each.name, each]));
    for (const digit of "0123456789") this.choices.digit.add(new Option(digit));
    for (const [name, { words }] of Object.entries(ORDERS)) this.choices.order.add(new Option(words, name));
    this.pictures = []; // in the set's order
    this.length = PAGE; // so many are shown
    this.nextAt = 0;
    this.ask = latestOnly(() => this.fetch());
    this.details.addEventListener("toggle", () => this.show({ surely: true }));
    this.controls.addEventListener("change", () => this.draw(PAGE));
    this.more.addEventListener("click", () => {
      const before = this.length;
      this.draw(before + PAGE);
      this.grid.focus(before);
    });
  }

  get isSeen() {
    const { top, bottom } = this.details.getBoundingClientRect();
    return !document.hidden && bottom > 0 && top < innerHeight;
  }

  // While it learns now and then and where it is seen, `surely` where it matters.
  show({ surely = false } = {}) {
    if (!this.details.open) return;
    const isDue = performance.now() >= this.nextAt && !this.ask.isBusy() && this.isSeen;
    if (surely || isDue) this.ask();
  }

  async fetch() {
    const { opened, moments, server } = this.lab;
    const { run } = opened;
    if (!run || !this.details.open) return;
    const began = performance.now();
    // Where the server is away, the next poll says so.
    const answer = await call(server, "lab_gallery", { run: run.id, moment: moments.chosen }).catch(() => null);
    const now = performance.now();
    this.nextAt = now + Math.max(EACH_MS, SHARE * (now - began));
    if (answer) this.take(answer, run);
    await sleep(REST_MS);
    if (answer?.code === "rate") this.ask();
  }

  take(answer, run) {
    this.answer = answer;
    this.pictures = answer.ok ? picturesIn(answer) : [];
    this.controls.hidden = !answer.ok;
    // The figures of a training would be read out again and again.
    this.line.ariaLive = isActive(run) ? "off" : "polite";
    writeWithTerms(this.line, answer.ok ? countOf(this.pictures, answer, measureOf(run)) : answer.error);
    this.draw();
  }

  draw(length = this.length) {
    const choices = Object.fromEntries(Object.entries(this.choices).map(([name, { value }]) => [name, value]));
    const chosen = sorted(this.pictures, choices);
    this.length = length;
    const shown = Math.min(length, chosen.length);
    write(this.some, this.pictures.length ? `${grouped(shown)} of ${grouped(chosen.length)} shown.` : "");
    this.more.hidden = shown === chosen.length;
    this.grid.show(this.answer?.held, chosen.slice(0, shown));
  }
}
