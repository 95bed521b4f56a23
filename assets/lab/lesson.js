// Experiments: one press sets a training up and starts it, with a sentence before and one after.
import { make } from "../shared/draw.js";
import { on } from "../shared/page.js";
import { writeWithTerms } from "../shared/terms.js";
import { EXPERIMENTS, setupsOf } from "./experiments.js";
import { isActive, roomWords } from "./words.js";

export class Lesson {
  constructor(root, lab) {
    this.lab = lab;
    this.words = root.querySelector(".lesson");
    this.buttons = Object.entries(EXPERIMENTS).map(([name, { title }]) => {
      const button = make("button", { type: "button", textContent: title, data: { experiment: name } });
      button.addEventListener("click", () => this.begin(name));
      return button;
    });
    root.querySelector(".experiments div").append(...this.buttons);
    this.under = null; // {name, at, run}: which of its runs is under way, and the run's id
    on(lab.element, "mnist:run", () => this.follow());
    // Too late for its run, a stop still ends the experiment.
    root.querySelector("[data-order=stop]").addEventListener("click", () => this.end());
  }

  async begin(name) {
    if (isActive(this.lab.current)) await this.lab.orders.order("stop");
    this.say(name, "before");
    await this.run({ name, at: 0 });
  }

  async run({ name, at }) {
    const setups = setupsOf(name, this.lab.setup.controls.presets);
    const before = this.lab.runs.newest?.id;
    this.under = null;
    this.lab.setup.write(setups[at]);
    await this.lab.orders.start(false);
    const run = this.lab.runs.newest?.id;
    if (run === before) this.end();
    else this.under = { name, at, run };
  }

  // Once its run has come to its own end, the next one begins, or what was to be seen is said.
  follow() {
    const { current } = this.lab;
    if (!this.under || isActive(current)) return;
    const { name, at, run } = this.under;
    const isOver = current?.id === run && ["finished", "diverged"].includes(current.status);
    this.under = null;
    if (!isOver) this.say(null);
    else if (at + 1 < EXPERIMENTS[name].runs.length) this.run({ name, at: at + 1 });
    else this.say(name, "after");
  }

  end() {
    this.under = null;
    this.say(null);
  }

  say(name, when) {
    const { title, runs } = EXPERIMENTS[name] ?? {};
    const room = when === "before" ? roomWords(runs.length, this.lab.runs.list.length, this.lab.setup.controls.runs) : "";
    this.words.hidden = !name;
    writeWithTerms(this.words, name ? `${title}. ${EXPERIMENTS[name][when]}${room}` : "");
  }
}
