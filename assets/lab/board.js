// The leaderboard of a visitor's runs.
import { make } from "../shared/draw.js";
import { percent } from "../shared/numbers.js";
import { explain } from "../shared/terms.js";
import { colourOf } from "./scales.js";
import { TEST, measureOf } from "./words.js";

const time = (value) => (Number.isFinite(value) ? value.toFixed(1) : "–");
const BEST_FIRST = ["accuracy", "test"];
// name: its title, what it sorts by, what it shows, what it means
const COLUMNS = {
  number: ["Run", (run) => run.id, String, "a run"],
  settings: ["Set-up", (run) => run.words, (words, { name }) => (name ? `${name}: ${words}` : words), "a set-up"],
  accuracy: ["Held out", (run) => run.accuracy, (value, run) => (measureOf(run) === TEST ? "–" : percent(value, 2)), "held-out"],
  test: ["Test", (run) => run.test_accuracy, (value) => percent(value, 2), "test pictures"],
  seconds: ["Seconds", (run) => run.seconds, time, "trained for"],
  to97: ["To 97 %", (run) => run.milestones["97"], time, "To 97 %"],
  to98: ["To 98 %", (run) => run.milestones["98"], time, "To 98 %"],
};

const cellsOf = (run) => Object.values(COLUMNS).map(([, value, show]) => show(value(run), run));

// The runs in the order of a column; those without a value are last, whichever way it goes.
export function ordered(runs, column, up) {
  const value = COLUMNS[column][1];
  const known = runs.filter((run) => (value(run) ?? null) !== null);
  const compare = (a, b) => (a < b ? -1 : Number(a > b)) * (up ? 1 : -1);
  known.sort((a, b) => compare(value(a), value(b)));
  return [...known, ...runs.filter((run) => !known.includes(run))];
}

export class Board {
  onOpen = () => {}; // called with the id of the run whose row is chosen
  onCompare = () => {}; // and of the one that is to lie beside the opened one, or no more

  constructor(table) {
    this.column = "number";
    this.up = true;
    this.titles = Object.entries(COLUMNS).map(([name, [textContent, , , term]]) => {
      const button = make("button", { type: "button", textContent });
      explain(button, term);
      button.addEventListener("click", () => this.sort(name));
      return make("th", { data: { name } }, button);
    });
    // The titles stay while the rows are built anew: their buttons keep the focus.
    table.createTHead().append(make("tr", {}, ...this.titles));
    this.body = table.createTBody();
    this.body.translate = false;
  }

  sort(name) {
    this.up = name === this.column ? !this.up : !BEST_FIRST.includes(name);
    this.column = name;
    this.show(...this.shown);
  }

  // opened, beside: ids.
  show(runs, opened, beside) {
    this.shown = [runs, opened, beside];
    const rows = ordered(runs, this.column, this.up).map((run) => ({ id: run.id, cells: cellsOf(run) }));
    const key = JSON.stringify([this.column, this.up, rows, opened, beside]);
    if (key === this.key) return;
    this.key = key;
    for (const title of this.titles) {
      if (title.dataset.name !== this.column) title.removeAttribute("aria-sort");
      else title.setAttribute("aria-sort", this.up ? "ascending" : "descending");
    }
    const held = this.body.contains(document.activeElement) ? document.activeElement : null;
    this.body.replaceChildren(...rows.map((row) => this.row(row, opened, beside)));
    if (held) this.hold(held); // the focus stays in its row
  }

  hold(button) {
    const [open, compare] = this.body.querySelectorAll(`[data-run="${button.closest("tr").dataset.run}"] button`);
    ((button.className && compare) || open)?.focus();
  }

  row({ id, cells: [first, words, ...others] }, opened, beside) {
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = { [beside]: "var(--page-other)", [opened]: "var(--page-accent)" }[id] ?? colourOf(id);
    const open = make("button", { type: "button", title: "Open this run" }, swatch, first);
    open.setAttribute("aria-pressed", String(id === opened));
    const settings = make("td", {}, make("span", { textContent: words, dir: "auto" }));
    if (id !== opened) settings.append(" ", this.compareButton(id, opened, beside));
    const row = make("tr", { data: { run: id } }, make("td", {}, open), settings, ...others.map((textContent) => make("td", { textContent })));
    row.toggleAttribute("data-open", id === opened);
    row.addEventListener("click", () => this.onOpen(id));
    return row;
  }

  compareButton(id, opened, beside) {
    const aria = { label: `Compare run ${id} with run ${opened}`, pressed: id === beside };
    const button = make("button", { type: "button", className: "compare", textContent: "Compare", aria });
    button.addEventListener("click", (event) => {
      event.stopPropagation(); // the row would be opened
      this.onCompare(id);
    });
    return button;
  }
}
