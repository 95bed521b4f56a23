// The run that is open: which one, what it is called, and away with it.
import { write } from "../shared/draw.js";
import { call, emit } from "../shared/page.js";
import { AWAY, fullWords, isActive, isBare } from "./words.js";

export class Opened {
  id = null; // of the run that the visitor opened; null: the newest, whichever it is

  constructor(root, lab) {
    this.lab = lab;
    this.line = root.querySelector(".opened .note");
    this.name = root.querySelector("[name=run-name]");
    this.name.addEventListener("change", () => this.rename());
    this.deletes(root.querySelector("[data-run=delete]"), () => `run ${this.run.id}`, () => this.delete(this.run.id));
    this.deletes(root.querySelector("[data-run=all]"), () => "all runs", () => this.delete(null));
  }

  // A button that deletes at the second press. A double click is one, and so is a key that is held.
  deletes(button, what, act) {
    const { textContent: words } = button;
    const calm = () => {
      button.textContent = words;
      this.show();
    };
    button.addEventListener("blur", calm);
    button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    button.addEventListener("click", ({ detail }) => {
      const sure = `Press again to delete ${what()}`;
      if (detail > 1) return;
      if (button.textContent === sure) {
        calm();
        act();
        return;
      }
      button.textContent = sure;
      write(this.line, `Deleting ${what()} can't be undone.`);
    });
  }

  // The run whose curves, slider and weights are shown; undefined where there is none.
  get run() {
    const { list, newest } = this.lab.runs;
    return list.find(({ id }) => id === this.id) ?? newest;
  }

  // Its weights answer for the drawing, and its set-up stands in the controls unless one is training.
  async open(id) {
    const run = this.lab.runs.list.find((each) => each.id === id);
    if (!run || run === this.run) return;
    const { beside, moments, setup, runs, views } = this.lab;
    beside.opens(id, this.run.id);
    this.id = id;
    if (!isActive(runs.newest)) setup.write(run.setup);
    views.matrix.clearPictures();
    moments.toNewest();
    moments.show(run);
    moments.moved();
    this.lab.draw();
  }

  show() {
    const { list } = this.lab.runs;
    const { run } = this;
    if (!run) return;
    const most = this.lab.setup.controls.runs;
    const shown = isBare(run) ? "only its curves and figures are kept, so another model answers" : "its curves, weights and slider";
    write(this.line, `Run ${run.id} is open: ${shown}.${this.lab.beside.line}${fullWords(list, most)}`);
    if (document.activeElement !== this.name) this.name.value = run.name;
  }

  async act(name, payload) {
    const answer = await call(this.lab.server, name, payload).catch(() => ({ ok: false, error: AWAY }));
    if (!answer.ok) write(this.line, answer.error);
    return answer;
  }

  async rename() {
    const answer = await this.act("lab_name", { run: this.run.id, name: this.name.value });
    if (!answer.ok) return;
    this.name.value = answer.name;
    this.lab.following.poll();
  }

  async delete(run) {
    const { runs, following, moments } = this.lab;
    const newest = runs.newest?.id;
    if (run === null || run === newest) following.forgotten = newest;
    if (!(await this.act("lab_delete", { run })).ok) return;
    this.id = null;
    moments.toNewest();
    await following.poll();
    if (!runs.newest) emit("mnist:model", { model: "ready" });
    this.lab.draw();
    (runs.newest ? this.name : this.lab.orders.buttons.train).focus();
  }
}
