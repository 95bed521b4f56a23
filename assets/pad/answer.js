// The answer: in words, as ten bars, as the image that the model saw; and which model answers.
import { make, paintGrey, write } from "../shared/draw.js";
import { emit, on, page } from "../shared/page.js";
import { explainTerms } from "../shared/terms.js";
import { Calm } from "./calm.js";
import { Digits } from "./digits.js";
import { Glance } from "./glance.js";
import { offerKeeping } from "./keeping.js";

const NO_DIGIT = "not a digit";
const MOVING = "data-moving";
const STALE = "data-stale"; // the bars are of an earlier drawing
const SETTLE_MS = 400; // without another answer: nothing moves any more

function makeBar(digit) {
  const fill = make("div", { className: "fill" });
  const percent = make("span", { className: "percent", textContent: "0 %" });
  const row = make(
    "div",
    {
      className: "bar", role: "meter", data: { digit },
      aria: { label: `Probability of ${digit}`, valuemin: 0, valuemax: 100, valuenow: 0 },
    },
    make("span", { className: "digit", textContent: String(digit) }),
    make("div", { className: "track" }, fill),
    percent,
  );
  return { row, fill, percent, shown: {} };
}

// Only what changes is written: every write costs the browser a new layout.
function showBar(bar, value, winner) {
  const { row, fill, percent, shown } = bar;
  const whole = Math.round(100 * value);
  if (shown.value !== value) fill.style.transform = `scaleX(${value})`;
  if (shown.winner !== winner) row.toggleAttribute("data-winner", winner);
  if (shown.whole !== whole) {
    percent.textContent = `${whole} %`;
    row.setAttribute("aria-valuenow", whole);
  }
  bar.shown = { value, winner, whole };
}

class Answer {
  constructor(element) {
    explainTerms(element);
    this.section = element.querySelector(".answer");
    this.words = element.querySelector("#answer");
    this.seen = element.querySelector("#seen canvas");
    this.meters = element.querySelector("#probabilities");
    this.help = element.querySelector("#yours-help");
    this.bars = Array.from({ length: 10 }, (_, digit) => makeBar(digit));
    this.meters.append(...this.bars.map(({ row }) => row));
    this.away = element.querySelector(".away");
    this.advice = element.querySelector(".advice");
    this.together = element.querySelector(".together");
    this.glance = new Glance(element.querySelector(".glance"));
    this.digits = new Digits(element.querySelector(".digits"), () => {
      this.showDigit();
      this.tellChosen();
    });
    this.calm = new Calm();
    this.hindered = false; // the words say why there is no answer
    const radios = [...element.querySelectorAll("input[type=radio]")];
    this.radios = Object.fromEntries(radios.map((radio) => [radio.value, radio]));
    for (const radio of radios) {
      radio.addEventListener("change", () => emit("mnist:model", { model: radio.value }));
    }
    offerKeeping(element.querySelector(".keep"));
    this.listen(element);
    paintGrey(this.seen, new Uint8Array(784));
    this.radios[page.model].checked = true;
  }

  listen(element) {
    on(element, "mnist:prediction", (detail) => this.show(detail));
    on(element, "mnist:rest", () => {
      this.settle();
      this.tellChosen();
    });
    // Answers come faster than a transition lasts; without one the bars move a third sooner.
    on(element, "mnist:drawing", () => this.meters.setAttribute(MOVING, ""));
    on(element, "mnist:refused", ({ error, code }) => this.hinder(error, code === "lost" ? code : undefined));
    on(element, "mnist:connection", ({ lost }) => (this.away.hidden = !lost));
    on(element, "mnist:own", ({ trained }) => this.offerYours(trained));
    on(element, "mnist:model", ({ model }) => {
      if (model === "yours") this.offerYours(true);
      this.radios[model].checked = true;
    });
  }

  show(detail) {
    this.hindered = false;
    this.meters.removeAttribute(STALE);
    this.glance.watch(document.querySelector("#sketchpad canvas"));
    // A model that learns moves the bars five times a second: in steps, as a transition costs more.
    if (detail.cause === "moment") this.meters.setAttribute(MOVING, "");
    this.answer = detail;
    this.digits.hear(detail.parts ?? [], detail.cause);
    this.showDigit();
    if (detail.resting) this.tellChosen();
    const words = this.calm.hear(detail);
    clearTimeout(this.settling);
    if (words === null) this.settling = setTimeout(() => this.settle(), SETTLE_MS);
    else this.say(words);
    this.offerYours(detail.trained);
    // Asked for a model that the server does not have (any more), it says which one answered.
    if (detail.asked === page.model && detail.model !== detail.asked) {
      emit("mnist:model", { model: detail.model });
    }
  }

  // The digit that is drawn; of several the one that is chosen.
  showDigit() {
    const { blank, probabilities, image, digit } = { ...this.answer, ...this.digits.part };
    this.showBars(blank ? Array(10).fill(0) : probabilities);
    paintGrey(this.seen, image);
    this.section.toggleAttribute("data-doubtful", !blank && digit === null);
    const { index, parts } = this.digits;
    this.together.hidden = !parts.some(({ together }) => together);
    const of = parts.length ? ` as digit ${index + 1} of ${parts.length}` : "";
    this.meters.setAttribute("aria-label", `Probability of each digit${of}`);
  }

  // To those that look at one digit closely, once nothing moves.
  tellChosen() {
    const { part } = this.digits;
    if (part === page.chosen) return;
    page.chosen = part;
    emit("mnist:chosen");
  }

  // At rest the words are those of the answer that the bars show, whatever moved last.
  settle() {
    clearTimeout(this.settling);
    this.meters.removeAttribute(MOVING);
    if (!this.hindered) this.say(this.calm.latest);
  }

  hinder(words, kind) {
    clearTimeout(this.settling);
    this.hindered = true;
    this.meters.setAttribute(STALE, "");
    this.say(words, kind);
  }

  showBars(probabilities) {
    this.glance.show(probabilities);
    const most = Math.max(...probabilities);
    this.bars.forEach((bar, digit) => {
      const value = probabilities[digit];
      showBar(bar, value, most > 0 && value === most);
    });
  }

  say(words, kind = /^\d+$/.test(words) ? "digit" : "words") {
    write(this.words, words);
    this.words.dataset.kind = kind;
    this.section.style.setProperty("--count", kind === "digit" ? words.length : 1);
    this.advice.hidden = words !== NO_DIGIT;
    this.glance.say(words, kind);
  }

  offerYours(trained) {
    this.radios.yours.disabled = !trained;
    this.help.hidden = trained;
  }
}

export function mount({ element }) {
  const answer = new Answer(element);
  if (page.prediction) answer.show(page.prediction);
  return answer;
}
