// What a moment of a run mixes up, with the pictures behind each number.
import { legibleOn, mixed } from "../shared/colours.js";
import { make, onLook } from "../shared/draw.js";
import { grouped, percent } from "../shared/numbers.js";
import { writeWithTerms } from "../shared/terms.js";
import { asOneStop, stopAt } from "./stops.js";

const RIGHT = [79, 70, 229];
const WRONG = [217, 119, 6];
const DIGITS = [...Array(10).keys()];
const TINT = 0.08; // so much of its colour a cell has at least

const sum = (values) => values.reduce((total, value) => total + value, 0);

// The colour of the cell `index` where the paper is `paper`.
export function cellColour(counts, index, paper) {
  const [truth, guess] = [Math.floor(index / 10), index % 10];
  const share = counts[index] / (sum(counts.slice(10 * truth, 10 * truth + 10)) || 1);
  const [colour, strength] = truth === guess ? [RIGHT, 0.75 * share] : [WRONG, Math.min(0.85, 4 * share)];
  return mixed(colour, paper, TINT + strength);
}

const picturesWords = (count) => `${count} ${count === 1 ? "picture" : "pictures"}`;

export class Matrix {
  // tiles: the Thumbnails for the pictures of a cell
  constructor(root, tiles, onCell) {
    this.note = root.querySelector(".matrix-note");
    this.title = root.querySelector(".mistakes .note");
    this.tiles = tiles;
    this.cells = [];
    onLook(this.note, () => this.shown && this.show(...this.shown));
    const grid = root.querySelector(".matrix");
    const title = (text, scope) => make("th", { textContent: String(text), scope });
    grid.append(
      make("tr", {}, make("td"), ...DIGITS.map((guess) => title(guess, "col"))),
      ...DIGITS.map((truth) => make("tr", {}, title(truth, "row"), ...DIGITS.map((guess) => {
        const button = make("button", { type: "button", tabIndex: -1 });
        button.addEventListener("click", () => onCell(truth, guess));
        this.cells.push(button);
        return make("td", {}, button);
      }))),
    );
    asOneStop(grid);
    stopAt(grid, this.cells[0]);
  }

  show(counts, accuracy, measure) {
    this.shown = [counts, accuracy, measure];
    writeWithTerms(
      this.note,
      `${percent(accuracy)} of ${grouped(sum(counts))} ${measure.name} pictures read right. A row is the ` +
        "digit that was written, a column the answer. Click a number for its pictures.",
    );
    const hex = getComputedStyle(this.note).getPropertyValue("--page-paper");
    const paper = hex.match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16));
    this.cells.forEach((button, index) => {
      const colour = cellColour(counts, index, paper);
      button.textContent = counts[index] || "";
      button.style.background = counts[index] ? `rgb(${colour.join(" ")})` : "transparent";
      button.style.color = legibleOn(colour);
      const [truth, guess] = [Math.floor(index / 10), index % 10];
      button.setAttribute("aria-label", `${picturesWords(counts[index])} of a ${truth} read as ${guess}`);
    });
  }

  showPictures(truth, guess, { count, held, at }) {
    const same = truth === guess ? "and read right" : `but read as ${guess}`;
    this.title.textContent = count
      ? `${picturesWords(count)} of a ${truth}, ${same}. Press one to put it on the pad.`
      : `No picture of a ${truth} is read as ${guess}.`;
    this.tiles.show(held, at.map((place) => ({ at: place, truth, guess })));
  }

  clearPictures() {
    this.title.textContent = "";
    this.tiles.show("", []);
  }
}
