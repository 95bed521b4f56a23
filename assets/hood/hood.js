// Under the hood: ten steps that follow the drawing. Only open steps are computed, all of them in
// one request, with another as soon as it is back if something has changed meanwhile.
import { areOfSame, isBlank, lookedAt } from "../shared/drawn.js";
import { latestOnly, spaced } from "../shared/latest.js";
import { call, on, page } from "../shared/page.js";
import { storage } from "../shared/storage.js";
import { explainTerms } from "../shared/terms.js";
import { addFrame } from "./frame.js";
import { dataStep, scratchStep, stagesStep } from "./input.js";
import { layersStep } from "./layers.js";
import { answerStep, autogradStep, lossStep, sgdStep } from "./learning.js";
import { Meant } from "./meant.js";
import { loopStep, modulesStep, notebookButton } from "./pytorch.js";

const STORED = "mnist:hood";
const OPEN_AT_FIRST = ["data", "stages"];
const MOMENT_MS = 400; // between updates while a model trains
const STEPS = {
  data: dataStep, stages: stagesStep, scratch: scratchStep, layers: layersStep, modules: modulesStep,
  loss: lossStep, autograd: autogradStep, sgd: sgdStep, loop: loopStep, answer: answerStep,
};

class Hood {
  settings = {
    meant: null,
    weights_seed: 1,
    factor: 1,
    stages: { crop: true, scale: true, centre: true, pen: true },
    pixel_seed: 1,
    steps: 0, learning_rate: 0.001,
  };
  of = null; // the pad's answer that was last looked at
  moving = false; // the pen: the bars at the pad go first, and the drawing follows when it rests

  constructor({ element, props, server }) {
    explainTerms(element);
    Object.assign(this, { element, server, maxSteps: props.max_steps, code: props.code });
    this.trouble = element.querySelector(".trouble");
    this.model = element.querySelector("[data-part=model]");
    const sections = [...element.querySelectorAll("section[data-step]")];
    this.sections = Object.fromEntries(sections.map((section) => [section.dataset.step, section]));
    this.refresh = latestOnly(() => this.update());
    this.steps = Object.fromEntries(
      Object.entries(STEPS).map(([name, build]) => [name, build(this.partsOf(name), this)]),
    );
    sections.forEach((section) => addFrame(section, props.code[section.dataset.step]));
    this.meant = new Meant(element, this.settings, (digit) => this.mean(digit));
    this.openAndClose();
    this.listen();
    this.showModel();
    this.showBlank();
  }

  // A step's parts by their names; or by a selector.
  partsOf(step) {
    return (name, selector = `[data-part=${name}]`) => this.sections[step].querySelector(selector);
  }

  seed = () => Math.floor(Math.random() * 2 ** 31);
  isOpen(step) {
    return this.sections[step].firstElementChild.open;
  }

  isBlank = () => isBlank(page);

  // The answer to what is asked of the drawing, by the weights that the pad's answer is of.
  async callOfDrawing(name, payload = {}) {
    const drawing = lookedAt(page);
    return drawing && this.call(name, { ...drawing, ...payload });
  }

  // The answer, or null where there is none; the page says why.
  async call(name, payload) {
    try {
      const answer = await call(this.server, name, payload);
      // Weights that have been overtaken: the pad's next answer asks again.
      this.trouble.textContent = answer.ok || answer.code === "overtaken" ? "" : answer.error;
      return answer.ok ? answer : null;
    } catch {
      this.trouble.textContent = "No connection: these figures wait for it.";
      return null;
    }
  }
  get open() {
    return Object.keys(this.sections).filter(this.isOpen, this);
  }

  get isShown() {
    return this.element.isConnected && this.element.checkVisibility() && !this.moving;
  }

  async update() {
    if (!this.isShown) return;
    this.showBlank();
    const { open } = this;
    if (this.isBlank() || !open.length) return;
    const { strokes: drawn } = page;
    this.of = page.prediction;
    const answer = await this.callOfDrawing("hood_steps_of", { open, settings: this.settings });
    this.element.toggleAttribute("data-stale", !answer);
    // Cleared or redrawn meanwhile: the next answer is on its way.
    if (!answer || answer.blank || this.isBlank()) return;
    this.render(answer.steps);
    if (drawn === page.strokes && !this.refresh.isDue() && !this.moving) this.steps.answer.update();
  }

  render(answers) {
    for (const [name, values] of Object.entries(answers)) this.steps[name].render(values);
    const meant = answers.loss ?? answers.autograd ?? answers.sgd;
    if (meant) this.meant.show(meant.meant, meant.likeliest);
    this.element.dataset.drawn = String(Number(this.element.dataset.drawn ?? 0) + 1);
  }

  showBlank() {
    const blank = this.isBlank();
    for (const section of Object.values(this.sections)) {
      const live = section.querySelector(".live");
      if (!live) continue; // needs no drawing
      section.querySelector(".empty").hidden = !blank;
      live.toggleAttribute("data-blank", blank);
    }
  }

  showModel() {
    const who = page.model === "yours" ? "Your own model answers." : "The ready-made model answers.";
    this.model.textContent = page.chosen ? `${who} These steps look at the digit chosen beside the pad.` : who;
  }

  // For another model, or another digit of a number.
  again() {
    this.settings.steps = 0;
    this.showModel();
    this.refresh();
  }

  mean(digit) {
    this.settings.meant = digit;
    this.settings.steps = 0;
    this.meant.show(digit);
    this.refresh();
  }

  openAndClose() {
    const sections = Object.entries(this.sections);
    notebookButton(this.element.querySelector("[data-action=notebook]"), this);
    const wanted = page.step ? [page.step] : (storage.readList(STORED) ?? OPEN_AT_FIRST);
    for (const [name, section] of sections) {
      const details = section.firstElementChild;
      details.open ||= wanted.includes(name);
      details.addEventListener("toggle", () => {
        storage.write(STORED, JSON.stringify(this.open));
        if (details.open) this.visible();
      });
    }
    for (const [action, open] of [["open", true], ["close", false]]) {
      this.element.querySelector(`[data-action=${action}]`).addEventListener("click", () => {
        for (const [, section] of sections) section.firstElementChild.open = open;
      });
    }
  }

  visible() {
    if (!this.element.checkVisibility()) return;
    this.sections[page.step]?.scrollIntoView();
    page.step = null; // that a link opens, once
    for (const name of ["data", "loop"]) if (this.isOpen(name)) this.steps[name].opened();
    this.refresh();
  }

  listen() {
    const { element, settings } = this;
    on(element, "mnist:drawing", () => (this.moving = true));
    on(element, "mnist:ink", () => {
      this.moving = false;
      settings.steps = 0;
      if (this.isBlank()) settings.meant = null;
      this.refresh();
    });
    on(element, "mnist:model", () => {
      this.steps.data.again();
      this.again();
    });
    on(element, "mnist:chosen", () => this.again());
    on(element, "mnist:step", () => {
      for (const [name, section] of Object.entries(this.sections)) section.firstElementChild.open = name === page.step;
      this.visible();
    });
    on(element, "mnist:connection", ({ lost }) => lost || this.visible());
    const learnt = spaced(MOMENT_MS, this.refresh);
    on(element, "mnist:prediction", (answer) => areOfSame(this.of, answer) || (answer.cause === "moment" ? learnt() : this.refresh()));
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.visible()).observe(element);
  }
}

export function mount(given) {
  return new Hood(given);
}
