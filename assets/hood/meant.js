// Which digit the visitor meant: several steps ask for it, and the answer is the same in all of them.
import { addDigits } from "./frame.js";

export class Meant {
  // settings: `meant` is null until the visitor chooses. onMean: called with the digit that they choose.
  constructor(element, settings, onMean) {
    this.settings = settings;
    this.radios = [...element.querySelectorAll(".meant")].map((fieldset, group) => addDigits(fieldset, `meant-${group}`, onMean));
    this.hints = [...element.querySelectorAll(".chosen")];
  }

  // likeliest: what the model says. Until the visitor chooses, the digit may be another one.
  show(digit, likeliest = digit) {
    const { meant } = this.settings;
    // An answer that was asked for before the visitor chose does not change the choice.
    for (const radios of this.radios) radios[meant ?? digit].checked = true;
    for (const hint of this.hints) {
      hint.hidden = meant !== null || digit === likeliest;
      hint.textContent = `The model is sure of ${likeliest}, so to begin with it is ${digit}, which comes next: there is something to see.`;
    }
  }
}
