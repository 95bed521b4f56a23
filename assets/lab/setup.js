// The controls of a training's set-up, and their place in the page's address.
import { compact, grouped, seconds } from "../shared/numbers.js";
import { page } from "../shared/page.js";
import { writeWithTerms } from "../shared/terms.js";
import { Cost, parametersOf, productsOf } from "./cost.js";
import { FIELDS, SWITCHES, addressOf, expectation, faultyField, parseField, readAddress, unpackInk } from "./fields.js";
import { WORDS, measureFor } from "./words.js";

export class SetupForm {
  constructor(form, controls) {
    this.form = form;
    this.controls = controls;
    this.cost = new Cost();
    this.meaning = form.querySelector(".meaning");
    this.more = form.querySelector(".more");
    this.frames = {};
    this.held = {}; // what a link hides or locks, with the values that it keeps
    this.first = null; // the set-up of a link that does
    const { preset, activation, optimizer } = form.elements;
    const fill = (select, values, words) => {
      for (const value of values) select.add(new Option(words[value], value));
    };
    fill(preset, Object.keys(controls.presets), controls.words);
    fill(activation, controls.choices.activation, WORDS);
    fill(optimizer, controls.choices.optimizer, WORDS);
    this.reset();
    preset.addEventListener("change", () => this.write({ ...controls.presets[preset.value], ...this.held }));
    form.addEventListener("input", () => this.explain());
  }

  reset() {
    this.write(this.first ?? this.controls.presets[this.controls.preset]);
  }

  write(setup) {
    for (const [name, value] of Object.entries(setup)) {
      const element = this.form.elements[name];
      if (!element) continue;
      if (SWITCHES.includes(name)) element.checked = value;
      else element.value = Array.isArray(value) ? value.join(", ") : value;
    }
    this.explain();
  }

  // The set-up in the controls; a field that can't be read is null, and marked.
  read() {
    const setup = {};
    for (const name of FIELDS) {
      const element = this.form.elements[name];
      const text = SWITCHES.includes(name) ? String(Number(element.checked)) : element.value;
      setup[name] = parseField(name, text, this.controls);
      element.setAttribute("aria-invalid", String(setup[name] === null));
    }
    return setup;
  }

  // What is wrong with a set-up in words, or null.
  wrong(setup) {
    const name = faultyField(setup);
    if (!name) return null;
    return expectation(name, this.nameOf(name), this.controls);
  }

  // As its label says it, without the hint.
  nameOf(field) {
    const words = [...this.form.elements[field].labels[0].childNodes].map((node) => node.textContent.trim());
    return words.find(Boolean);
  }

  // Brings the field that can't be read to sight.
  showFault(setup) {
    const element = this.form.elements[faultyField(setup)];
    const section = element?.closest("details");
    if (section) section.open = true;
    element?.focus();
  }

  explain() {
    const setup = this.read();
    writeWithTerms(this.meaning, this.wrong(setup) ?? this.explanation(setup));
  }

  explanation(setup) {
    const sizes = [784, ...setup.hidden_sizes, 10];
    const parameters = parametersOf(sizes);
    const time = seconds(this.cost.estimate(setup, parameters));
    return (
      `${sizes.join(" → ")}: ${grouped(parameters)} parameters, ` +
      `${compact(2 * productsOf(sizes))} operations a picture, ${time} or so; ` +
      `measured on ${measureFor(setup.train_size).promise}.`
    );
  }

  // How long a run took tells what the next one will take.
  learn(run) {
    this.cost.learn(run.setup, run.started.parameters ?? 0, run.seconds ?? 0);
    this.explain();
  }

  lock(locked) {
    const setup = this.read();
    for (const { name, element } of this.fields) {
      const isFramed = this.frames[name] === "lock";
      element.disabled = isFramed || (locked && !this.controls.live.includes(name));
      const isOther = locked && String(setup[name]) !== String(this.held[name]); // an experiment's
      const { dataset } = element.closest("label").querySelector(".hint");
      if (isFramed) dataset.locked = isOther ? "the experiment's own" : "set for this lesson";
      else delete dataset.locked;
    }
    if (!locked && this.first) this.write(this.held); // an experiment has values of its own
  }

  get fields() {
    return FIELDS.map((name) => ({ name, element: this.form.elements[name] }));
  }

  // Shows, hides and locks settings as a link has it, {field: "show" | "hide" | "lock"}. What is out of the
  // visitor's hands stays as it is now.
  frame(frames) {
    const setup = this.read();
    const isHeld = ([name]) => ["hide", "lock"].includes(frames[name]);
    this.frames = frames;
    this.held = Object.fromEntries(Object.entries(setup).filter(isHeld));
    this.first = Object.keys(frames).length ? setup : null;
    for (const { name, element } of this.fields) {
      element.closest("label").hidden = frames[name] === "hide";
    }
    const ofMore = this.fields.filter(({ element }) => this.more.contains(element));
    const base = this.controls.presets[setup.preset];
    const isSet = ({ name }) => String(setup[name]) !== String(base[name]);
    this.more.hidden = ofMore.every(({ name }) => frames[name] === "hide");
    this.more.open ||= ofMore.some((each) => ["show", "lock"].includes(frames[each.name]) || (!frames[each.name] && isSet(each)));
    this.lock(false);
  }

  toAddress(withInk) {
    return addressOf(this.read(), withInk ? page.strokes : []);
  }

  // Fills the controls from an address; what could not be understood.
  fromAddress(hash) {
    const { setup, odd, ink } = readAddress(hash, this.controls);
    const base = this.controls.presets[setup.preset ?? this.controls.preset];
    if (Object.keys(setup).length) this.write({ ...base, ...setup });
    // Once: a reload keeps what has been drawn since.
    if (ink !== null && history.state?.inkOf !== hash) {
      const strokes = unpackInk(ink);
      if (!strokes || !page.setStrokes(strokes)) odd.push("ink");
      history.replaceState({ inkOf: hash }, "");
    }
    return odd;
  }
}
