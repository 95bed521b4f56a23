// Two runs side by side: the opened one, and another that the visitor chose in the table.
import { fillTable, write } from "../shared/draw.js";
import { latestOnly, spaced } from "../shared/latest.js";
import { call, on } from "../shared/page.js";
import { storage } from "../shared/storage.js";
import { writeHeads, writeWithTerms } from "../shared/terms.js";
import { Difference } from "./difference.js";
import { betterWords, differenceWords, disagreedCaption, disagreementWords, figuresOf, nameOf } from "./pair.js";
import { Says } from "./says.js";
import { Thumbnails } from "./thumbnails.js";
import { AWAY, HELD_OUT, TEST, isActive, measureOf } from "./words.js";

const STORED = "mnist:beside";
const EACH_MS = 500; // while one of them learns

export class Beside {
  constructor(root, lab) {
    this.lab = lab;
    this.section = root.querySelector(".beside");
    this.part = (name) => this.section.querySelector(name);
    this.key = root.querySelector(".key.dashed");
    this.id = storage.readValue(STORED); // of the run that lies beside the opened one, or null
    this.of = null; // id of the one that was open when the two were last drawn
    this.line = ""; // what is to be said of it beside the opened run's own line
    this.difference = new Difference(this.part(".difference"));
    this.disagreed = new Thumbnails(this.part(".disagreed"), lab.server, disagreedCaption);
    this.says = new Says(this.section, lab, () => this.pair);
    this.ask = latestOnly(() => this.fetch());
    this.later = spaced(EACH_MS, () => this.ask());
    on(lab.element, "mnist:connection", ({ lost }) => lost || this.refresh());
  }

  // Undefined where there is none.
  get run() {
    return this.lab.runs.list.find(({ id }) => id === this.id);
  }

  // What the server is asked about, or null.
  get pair() {
    const { opened, moments } = this.lab;
    return this.run && opened.run ? { run: opened.run.id, moment: moments.chosen, other: this.id } : null;
  }

  choose(id) {
    this.id = id;
    this.of = null;
    this.line = "";
    storage.write(STORED, JSON.stringify(id));
  }

  toggle(id) {
    this.choose(id === this.id ? null : id);
    this.lab.draw();
  }

  // The run `id` is opened in the place of `before`: where it lay beside that one, they change places.
  opens(id, before) {
    if (id === this.id) this.choose(before);
    this.of = null;
    this.line = "";
  }

  // Ends where one of the two is there no more. Before the first news, nothing is known of any.
  follow() {
    const { runs, opened, following } = this.lab;
    if (this.id === null || following.token === null) return;
    const gone = [this.id, this.of].find((id) => id !== null && !runs.list.some((run) => run.id === id));
    const ended = gone === undefined ? opened.run.id === this.id : true;
    if (ended) this.choose(null);
    if (gone !== undefined) this.line = ` Run ${gone} is gone, and with it what lay side by side.`;
    this.of = ended ? null : opened.run.id;
  }

  show() {
    const { run } = this;
    const { run: opened } = this.lab.opened;
    this.section.hidden = this.key.hidden = !run;
    if (!run) {
      this.asked = null;
      return;
    }
    const both = [opened, run];
    this.line = ` Run ${run.id} lies beside it: see Side by side, below.`;
    const on = measureOf(run) === measureOf(opened) ? "" : ` (${measureOf(run).name} pictures)`;
    write(this.key, `dashed: run ${run.id}${on}, beside run ${opened.id}`);
    writeWithTerms(this.part(".set-ups"), differenceWords(opened, run));
    const rows = figuresOf(both, (id) => this.lab.runs.historyOf(id));
    const titles = ["", ...both.map((each) => `${nameOf(each)}${isActive(each) ? ", so far" : ""}`)];
    const figures = JSON.stringify([titles, rows]);
    if (figures !== this.figures) {
      writeHeads(this.part(".both"), titles);
      fillTable(this.part(".both"), rows);
    }
    this.figures = figures;
    this.refresh();
  }

  refresh() {
    if (!this.pair) return;
    const both = [this.lab.opened.run, this.run];
    const asked = JSON.stringify([this.pair, both.map(({ version }) => version)]);
    if (asked === this.asked) return;
    this.asked = asked;
    if (both.some(isActive)) this.later();
    else this.ask();
    this.says.ask();
  }

  async fetch() {
    const { pair } = this;
    if (!pair) return;
    const answer = await call(this.lab.server, "lab_beside", pair).catch(() => ({ ok: false, error: AWAY }));
    if (JSON.stringify(pair) !== JSON.stringify(this.pair)) return; // another's turn comes
    if (!answer.ok) this.asked = null; // and again with the next news
    if (answer.code === "rate") this.later();
    this.part(".compared").hidden = !answer.ok;
    write(this.part(".trouble"), answer.ok ? "" : answer.error);
    if (answer.ok) this.compare(pair, answer);
  }

  compare({ run, other, moment }, { held, at, labels, answers, matrices, ...counts }) {
    const names = [`run ${run}`, `run ${other}`];
    const pictures = (held === "test" ? TEST : HELD_OUT).name;
    const when = moment === null ? "" : ", at the moment of the slider,";
    write(this.part(".legend-words"), betterWords(counts, names, when));
    for (const name of [".difference", ".under-each"]) this.part(name).hidden = !counts.differ;
    this.difference.show(matrices, names);
    writeWithTerms(this.part(".disagreement"), disagreementWords(counts, { run, beside: other, pictures, shown: at.length }));
    const said = (i) => answers.map((each, which) => ({ name: names[which], digit: each[i] }));
    this.disagreed.show(held, at.map((place, i) => ({ at: place, truth: labels[i], said: said(i) })));
  }
}
