// How far a training is: the bar and the line of figures.
import { writeWithTerms } from "../shared/terms.js";
import { figuresOf, isActive } from "./words.js";

// What a bar at so many percent stands for.
export function progressWords(run, percent) {
  if (!run) return "no training";
  return isActive(run) ? `${percent} %` : `ended at ${percent} %`;
}

export class Progress {
  constructor(root) {
    this.bar = root.querySelector(".progress");
    this.figures = root.querySelector(".figures");
  }

  show(run) {
    const { progress, step } = run?.progress ?? {};
    const share = progress ?? 0;
    this.bar.firstElementChild.style.transform = `scaleX(${share})`;
    const whole = Math.round(100 * share);
    this.bar.setAttribute("aria-valuenow", whole);
    this.bar.setAttribute("aria-valuetext", progressWords(run, whole));
    this.figures.hidden = step === undefined;
    if (!this.figures.hidden) writeWithTerms(this.figures, figuresOf(run));
  }
}
