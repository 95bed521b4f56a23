// How far a training is: the bar and the line of figures.
import { figuresOf } from "./words.js";

export class Progress {
  constructor(root) {
    this.bar = root.querySelector(".progress");
    this.figures = root.querySelector(".figures");
  }

  show(run) {
    const { progress, step } = run?.progress ?? {};
    const share = progress ?? 0;
    this.bar.firstElementChild.style.transform = `scaleX(${share})`;
    this.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    this.figures.hidden = step === undefined;
    if (!this.figures.hidden) this.figures.textContent = figuresOf(run);
  }
}
