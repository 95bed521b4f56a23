// Back in time: the slider over a run's kept moments, and which of them answers for the drawing.
import { latestOnly } from "../shared/latest.js";
import { call, emit, on, page } from "../shared/page.js";
import { writeWithTerms } from "../shared/terms.js";
import { isActive, momentWords } from "./words.js";

const NEWEST = "Now: the newest weights answer. Drag to go back.";
const LOADED = "Now: the model that you loaded answers. Drag to hear this run again.";

export class Moments {
  constructor(root, lab) {
    this.lab = lab;
    this.slider = root.querySelector("#lab-moment");
    this.words = root.querySelector(".time output");
    this.now = root.querySelector("[data-order=now]");
    this.atNewest = true; // the slider is at the newest weights
    this.moves = 0; // of the slider, by the visitor
    this.untold = false; // the server was out of reach when the slider was moved
    this.tell = latestOnly(() => this.choose());
    on(lab.element, "mnist:connection", ({ lost }) => !lost && this.untold && this.tell());
    this.slider.addEventListener("input", () => {
      const { value, max } = this.slider;
      this.atNewest = value === max && !isActive(lab.opened.run);
      this.moved();
    });
    this.now.addEventListener("click", () => {
      this.atNewest = true;
      this.slider.value = this.slider.max;
      this.slider.focus();
      this.moved();
    });
  }

  // The moment that the slider chooses; null for the newest weights.
  get chosen() {
    return this.atNewest ? null : Number(this.slider.value);
  }

  // Whether the server knows where the slider stands.
  get isTold() {
    return !this.untold && !this.tell.isBusy();
  }

  toNewest() {
    this.atNewest = true;
    this.now.hidden = true;
  }

  // Where the server's moment is: after a reload, or where snapshots were given up.
  keep(run, shown) {
    this.atNewest = shown === null;
    this.now.hidden = this.atNewest;
    this.slider.max = run.moments.length - 1;
    if (!this.atNewest) this.slider.value = shown;
  }

  moved() {
    const { opened, following } = this.lab;
    this.moves += 1;
    following.loaded = null;
    this.now.hidden = this.atNewest;
    this.describe(opened.run);
    this.lab.drawChart();
    this.lab.tellOwn();
    this.tell();
  }

  // Lets the slider's moment answer for the drawing.
  async choose() {
    const { opened, server, status, views } = this.lab;
    if (!opened.run) return;
    const payload = { run: opened.run.id, moment: this.chosen };
    const { model } = page;
    const answer = await call(server, "lab_show", payload).catch(() => null);
    // Where the server is away, what is here answers all the same.
    this.untold = !answer;
    if (answer && !answer.ok) status.say(answer.error);
    else if (page.model === "yours") emit("mnist:moment");
    // Unless the visitor has chosen the other one meanwhile.
    else if (model === "ready") emit("mnist:model", { model: "yours" });
    if (!this.tell.isDue()) views.show({ surely: true });
  }

  show(run) {
    const last = run.moments.length - 1;
    this.slider.max = last;
    if (this.atNewest) this.slider.value = last;
    this.describe(run);
  }

  describe(run) {
    const moment = run.moments[Number(this.slider.value)];
    if (!moment) return;
    const { brief, whole } = momentWords(moment);
    const now = this.lab.following.loaded ? LOADED : NEWEST;
    writeWithTerms(this.words, this.atNewest ? now : whole);
    this.slider.setAttribute("aria-valuetext", this.atNewest ? "now" : brief);
  }
}
