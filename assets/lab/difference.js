// The difference of two confusion matrices: who does better in each cell.
import { AGAINST, FOR, legibleOn, mixed } from "../shared/colours.js";
import { make, onLook } from "../shared/draw.js";

const DIGITS = [...Array(10).keys()];
const TINT = 0.15; // so much of its colour a cell has at least

// By how many pictures the first does better in each cell: more of them read right on the diagonal, fewer
// mixed up off it.
export const advantages = ([mine, others]) =>
  mine.map((count, index) => (index % 11 ? others[index] - count : count - others[index]));

const signed = (value) => (value > 0 ? `+${value}` : `−${-value}`);

export class Difference {
  constructor(table) {
    this.table = table;
    const title = (text, scope) => make("th", { textContent: String(text), scope });
    this.cells = DIGITS.flatMap((truth) => DIGITS.map(() => make("td", { data: { truth } })));
    table.append(
      make("tr", {}, make("td"), ...DIGITS.map((digit) => title(digit, "col"))),
      ...DIGITS.map((truth) => make("tr", {}, title(truth, "row"), ...this.cells.slice(10 * truth, 10 * truth + 10))),
    );
    onLook(table, () => this.shown && this.show(...this.shown));
  }

  // names: of both runs.
  show(matrices, names) {
    this.shown = [matrices, names];
    const hex = getComputedStyle(this.table).getPropertyValue("--page-paper");
    const paper = hex.match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16));
    const values = advantages(matrices);
    const most = Math.max(1, ...values.map(Math.abs));
    this.cells.forEach((cell, index) => {
      const value = values[index];
      const colour = mixed(value > 0 ? FOR : AGAINST, paper, TINT + (1 - TINT) * (Math.abs(value) / most));
      cell.textContent = value ? signed(value) : "";
      cell.style.background = value ? `rgb(${colour.join(" ")})` : "transparent";
      cell.style.color = value ? legibleOn(colour) : "";
      const counts = names.map((name, i) => `${name} ${matrices[i][index]}`).join(", ");
      cell.title = `A ${Math.floor(index / 10)} read as ${index % 10}: ${counts}`;
    });
  }
}
