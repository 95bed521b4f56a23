// A form that makes a link for a lesson from the set-up in the controls.
import { make, write } from "../shared/draw.js";
import { page } from "../shared/page.js";
import { EXPERIMENTS, setupsOf } from "./experiments.js";
import { FIELDS, addressOf } from "./fields.js";
import { MOST_LETTERS, PLACES, lessonAddress } from "./link.js";
import { listed } from "./words.js";

const STATES = { "": "shown", lock: "shown, locked", hide: "hidden" };

export class LessonForm {
  constructor(root, setup) {
    this.setup = setup;
    this.details = root.querySelector(".lesson-link");
    this.form = this.details.querySelector("form");
    this.line = this.details.querySelector(".made");
    this.details.addEventListener("toggle", () => {
      if (!this.form.children.length) this.build();
      this.show();
    });
  }

  // When it is first opened: few ever do.
  build() {
    const field = (words, control, className = "") => make("label", { className }, `${words} `, control);
    const text = (name) => make("input", { name, type: "text", maxLength: MOST_LETTERS[name], dir: "auto", autocomplete: "off" });
    const choice = (name, choices) =>
      make("select", { name }, ...Object.entries(choices).map(([value, words]) => new Option(words, value)));
    const titles = Object.fromEntries(Object.entries(EXPERIMENTS).map(([name, { title }]) => [name, title]));
    const frames = FIELDS.map((name) => field(this.setup.nameOf(name), choice(`frame-${name}`, STATES)));
    this.all = choice("all", { keep: "each as below", ...STATES });
    this.link = make("textarea", { name: "address", rows: 3, readOnly: true });
    this.copy = make("button", { type: "submit", textContent: "Copy lesson link" });
    this.open = make("a", { textContent: "Open it in a new tab", target: "_blank", rel: "noopener" });
    this.form.append(
      field("Title", text("title"), "across"),
      field("Sentence for the class", text("sentence"), "across"),
      field("Opens at", choice("open", { "": "as usual", ...PLACES })),
      field("Offers to start", choice("experiment", { "": "no experiment", ...titles })),
      make("p", { className: "note across", textContent: "What the class finds of each setting:" }),
      field("All settings", this.all),
      ...frames,
      make("label", { className: "switch across" }, make("input", { type: "checkbox", name: "drawing" }), " with my drawing"),
      field("The link", this.link, "across"),
      make("div", { className: "buttons across" }, this.copy, this.open),
    );
    this.listen();
  }

  listen() {
    const { form, all } = this;
    all.addEventListener("change", () => {
      if (all.value !== "keep") for (const name of FIELDS) form.elements[`frame-${name}`].value = all.value;
    });
    form.addEventListener("change", ({ target }) => {
      if (target.name.startsWith("frame-")) all.value = "keep";
    });
    for (const event of ["input", "change"]) form.addEventListener(event, () => this.show());
    for (const event of ["input", "change"]) this.setup.form.addEventListener(event, () => this.show());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.keep();
    });
  }

  get lesson() {
    const { elements } = this.form;
    const value = (name) => elements[name].value.trim();
    const states = FIELDS.map((name) => value(`frame-${name}`));
    const isShort = states.filter((state) => state === "hide").length > FIELDS.length / 2; // to say what is shown
    const frames = Object.fromEntries(FIELDS.map((name, at) => [name, states[at] || (isShort && "show")]));
    return { title: value("title"), sentence: value("sentence"), open: value("open"), experiment: value("experiment"), frames };
  }

  // Where an experiment has other values than those locked, they go before; in words, or nothing.
  beforeLocks(setup, { experiment, frames }) {
    const own = experiment ? setupsOf(experiment, this.setup.controls.presets) : [];
    const isOther = (name) => own.some((each) => String(each[name]) !== String(setup[name]));
    const names = FIELDS.filter((name) => name !== "preset" && frames[name] === "lock" && isOther(name)).map((name) => this.setup.nameOf(name));
    return names.length ? `The experiment trains with its own ${listed(names).toLowerCase()}: the lock holds for all other trainings.` : "";
  }

  // What is wrong with the set-up, or null.
  show() {
    if (!this.details.open) return null;
    const setup = this.setup.read();
    const fault = this.setup.wrong(setup);
    const { lesson } = this;
    const hash = addressOf(setup, this.form.elements.drawing.checked ? page.strokes : []) + lessonAddress(lesson);
    const address = fault ? "" : new URL(hash, location.href).href;
    this.link.value = address;
    this.open.href = address || "#";
    write(this.line, fault ? `There is no link to this set-up yet. ${fault}` : this.beforeLocks(setup, lesson));
    return fault;
  }

  async keep() {
    if (this.show()) return;
    const isCopied = await navigator.clipboard.writeText(this.link.value).then(() => true, () => false);
    if (!isCopied) this.link.select();
    write(this.line, isCopied ? "The link is copied." : "This browser copies nothing by itself: the link is selected, copy it from there.");
  }
}
