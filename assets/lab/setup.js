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
    const { preset, activation, optimizer } = form.elements;
    const fill = (select, values, words) => {
      for (const value of values) select.add(new Option(words[value], value));
    };
    fill(preset, Object.keys(controls.presets), controls.words);
    fill(activation, controls.choices.activation, WORDS);
    fill(optimizer, controls.choices.optimizer, WORDS);
    this.reset();
    preset.addEventListener("change", () => this.write(controls.presets[preset.value]));
    form.addEventListener("input", () => this.explain());
  }

  reset() {
    this.write(this.controls.presets[this.controls.preset]);
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
    const label = this.form.elements[name].labels[0].firstChild.textContent.trim();
    return expectation(name, label, this.controls);
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
    for (const field of this.form.elements) {
      if (field.name && !this.controls.live.includes(field.name)) field.disabled = locked;
    }
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
