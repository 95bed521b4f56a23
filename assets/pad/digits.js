// The digits of a number, a button each: the one that is pointed at, or was chosen, has its bars shown.
import { make, paintGrey, write } from "../shared/draw.js";
import { percent } from "../shared/numbers.js";

export class Digits {
  // shown: called where another digit is to be shown than before.
  constructor(row, shown) {
    this.row = row;
    this.shown = shown;
    this.parts = [];
    this.chosen = 0; // the digit under the pen, until another is chosen
    this.pointed = null;
    this.buttons = [];
  }

  get index() {
    return this.pointed ?? this.chosen;
  }

  // The part to show, null where there is but one digit.
  get part() {
    return this.parts[this.index] ?? null;
  }

  hear(parts, cause) {
    const changed = parts.findLastIndex((part, i) => !isSame(part, this.parts[i]));
    const isDrawn = cause === "ink" && changed >= 0;
    if (isDrawn || parts.length !== this.parts.length) this.pointed = null;
    if (isDrawn) this.chosen = changed;
    this.chosen = Math.max(0, Math.min(this.chosen, parts.length - 1));
    this.parts = parts;
    this.row.hidden = parts.length === 0;
    while (this.buttons.length < parts.length) this.add(this.buttons.length);
    this.buttons.forEach((button, i) => this.show(button, i));
  }

  add(index) {
    const canvas = make("canvas", { width: 28, height: 28, aria: { hidden: "true" } });
    const [digit, sure] = ["digit", "sure"].map((className) => make("span", { className }));
    const node = make("button", { type: "button" }, canvas, digit, sure);
    const choose = () => {
      this.chosen = index;
      this.point(null);
    };
    node.addEventListener("click", choose);
    node.addEventListener("focus", choose);
    node.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && this.point(index));
    node.addEventListener("pointerleave", () => this.pointed !== null && this.point(null));
    this.row.append(node);
    this.buttons.push({ node, canvas, digit, sure });
  }

  point(index) {
    this.pointed = index;
    this.buttons.forEach((button, i) => this.show(button, i));
    this.shown();
  }

  show({ node, canvas, digit, sure }, index) {
    const part = this.parts[index];
    node.hidden = !part;
    if (!part) return;
    const name = part.digit ?? "?";
    const confidence = percent(Math.max(...part.probabilities), 0);
    const said = part.digit === null ? "not a digit" : `${part.digit}, ${confidence}`;
    paintGrey(canvas, part.image);
    write(digit, String(name));
    write(sure, part.digit === null ? "" : confidence);
    node.setAttribute("aria-label", `Digit ${index + 1} of ${this.parts.length}: ${said}`);
    node.setAttribute("aria-pressed", String(index === this.index));
  }
}

const isSame = (part, other) => Boolean(other) && part.image.every((value, i) => value === other.image[i]);
