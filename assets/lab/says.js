// What two runs say of the drawing on the pad, while the pen moves.
import { digitOf, isBlank } from "../shared/drawn.js";
import { make, onSight, write } from "../shared/draw.js";
import { latestOnly, spaced } from "../shared/latest.js";
import { percent } from "../shared/numbers.js";
import { call, on, page } from "../shared/page.js";

const EACH_MS = 50; // the pad's own answers come first

const BLANK = "Draw a digit on the pad to hear both.";
const GONE = "no answer: its weights are gone, to save memory";
const AWAY = "no answer: the server is out of reach";

export class Says {
  // lab: with the server; pairOf: what the server is to be asked about, null where nothing is.
  constructor(root, lab, pairOf) {
    this.lab = lab;
    this.pairOf = pairOf;
    this.note = root.querySelector(".says .note");
    this.rows = ["mine", "others"].map((name) => {
      const fill = make("span", { className: "fill" });
      const [run, text] = [make("b"), make("span")];
      const row = make("p", { className: `say ${name}`, hidden: true }, run, " ", text, make("span", { className: "track" }, fill));
      root.querySelector(".says").append(row);
      return { row, run, text, fill };
    });
    this.inView = false;
    this.ask = spaced(EACH_MS, latestOnly(() => this.fetch()));
    for (const news of ["mnist:prediction", "mnist:chosen"]) on(root, news, () => this.ask());
    // Where nobody looks, nothing is asked; and what stands there then is old.
    onSight(root.querySelector(".says"), ({ isIntersecting }) => {
      this.inView = isIntersecting;
      this.ask();
    });
  }

  async fetch() {
    const pair = this.pairOf();
    if (!pair || !this.inView) return;
    if (isBlank(page)) {
      this.tell(BLANK);
      return;
    }
    const asked = { ...pair, ...digitOf(page) };
    const answer = await call(this.lab.server, "lab_both_say", asked).catch(() => ({ ok: true, says: null }));
    const now = this.pairOf() ?? {};
    if (now.run === pair.run && now.other === pair.other) this.hear(pair, answer); // else another's turn comes
  }

  hear({ run, other }, { ok, code, error, blank, says }) {
    if (code === "rate") this.ask();
    else if (!ok) this.tell(error);
    else if (blank) this.tell(BLANK);
    else this.show([run, other], says);
  }

  tell(words) {
    write(this.note, words);
    for (const { row } of this.rows) row.hidden = true;
  }

  // says: of each run {digit, probability}, or null; null where the server is away.
  show(runs, says) {
    write(this.note, page.chosen ? `Digit ${page.chosen.at + 1} of your number:` : "");
    this.rows.forEach(({ row, run, text, fill }, i) => {
      const said = says?.[i];
      row.hidden = false;
      write(run, `Run ${runs[i]}`);
      write(text, said ? `says ${said.digit}, ${percent(said.probability)}` : says ? GONE : AWAY);
      fill.style.transform = `scaleX(${said?.probability ?? 0})`;
    });
  }
}
