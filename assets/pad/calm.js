// The answer's words: calm while the pen or the model moves, final when they rest.
const EARLY = 2; // equal answers in a row before the words change, while something moves

export class Calm {
  latest = "draw a digit";
  repeats = 0;

  // The words to show for an answer, or null: those that stand there stay.
  hear({ words, digit, resting, cause }) {
    this.repeats = words === this.latest ? this.repeats + 1 : 1;
    this.latest = words;
    if (resting && cause !== "moment") return words;
    const certain = resting || (digit !== null && /^\d+$/.test(words));
    return certain && this.repeats >= EARLY ? words : null;
  }
}
