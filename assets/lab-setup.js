// The controls of a training's set-up, and their place in the page's address.

// field -> its short name in an address
const ADDRESS = {
  preset: "preset",
  epochs: "epochs",
  learning_rate: "rate",
  hidden_sizes: "layers",
  activation: "activation",
  optimizer: "optimiser",
  batch_size: "batch",
  weight_decay: "decay",
  dropout: "dropout",
  augmentation: "augment",
  train_size: "pictures",
  seed: "seed",
};
const WHOLE = ["epochs", "batch_size", "train_size", "seed"];
const LINK_POINTS = 1500;

class SetupForm {
  constructor(form, controls) {
    this.form = form;
    this.controls = controls;
    this.slowness = 1; // of this machine, learnt from the runs
    const fill = (name, values, words) => {
      for (const value of values) form.elements[name].add(new Option(words(value), value));
    };
    fill("preset", Object.keys(controls.presets), (name) => controls.words[name]);
    fill("activation", controls.choices.activation, (name) => WORDS[name]);
    fill("optimizer", controls.choices.optimizer, (name) => WORDS[name]);
    for (const [name, [low, high]] of Object.entries(controls.ranges)) {
      form.elements[name].min = low;
      form.elements[name].max = high;
    }
    this.write(controls.presets[controls.preset]);
    form.elements.preset.addEventListener("change", () => {
      this.write(controls.presets[form.elements.preset.value]);
    });
    form.addEventListener("input", () => this.explain());
  }

  write(setup) {
    for (const [name, value] of Object.entries(setup)) {
      const element = this.form.elements[name];
      if (!element) continue;
      if (name === "augmentation") element.checked = value;
      else element.value = Array.isArray(value) ? value.join(", ") : value;
    }
    this.explain();
  }

  // The set-up in the controls; a field that can't be read is null, and marked.
  read() {
    const setup = {};
    for (const name of Object.keys(ADDRESS)) {
      const element = this.form.elements[name];
      const text = name === "augmentation" ? (element.checked ? "1" : "0") : element.value;
      setup[name] = this.parse(name, text);
      element.setAttribute("aria-invalid", String(setup[name] === null));
    }
    return setup;
  }

  // The value of a field from text; null where it is no such value.
  parse(name, text) {
    const { controls } = this;
    text = text.trim();
    if (name === "preset") return Object.hasOwn(controls.presets, text) ? text : null;
    if (name in controls.choices) return controls.choices[name].includes(text) ? text : null;
    if (name === "augmentation") return { 0: false, 1: true }[text] ?? null;
    if (name === "hidden_sizes") {
      const sizes = text ? text.split(/[\s,;-]+/).map(Number) : [];
      const fits = (size) => Number.isInteger(size) && size >= 1 && size <= controls.units;
      return sizes.length <= controls.layers && sizes.every(fits) ? sizes : null;
    }
    const value = text ? Number(text) : NaN;
    const [low, high] = controls.ranges[name];
    if (!(value >= low && value <= high)) return null;
    return WHOLE.includes(name) && !Number.isInteger(value) ? null : value;
  }

  // The name of a field that can't be read, or undefined.
  faulty(setup) {
    return Object.keys(setup).find((key) => setup[key] === null);
  }

  wrong(setup) {
    const name = this.faulty(setup);
    if (!name) return null;
    const { controls } = this;
    const label = this.form.elements[name].labels[0].firstChild.textContent.trim();
    if (name === "hidden_sizes") {
      return `${label}: up to ${controls.layers} whole numbers from 1 to ${controls.units.toLocaleString("en")}, such as 128, 64.`;
    }
    const [low, high] = controls.ranges[name] ?? [];
    const kind = WHOLE.includes(name) ? "a whole number" : "a number";
    return low === undefined ? `${label} can't be read.` : `${label}: ${kind} from ${low} to ${high.toLocaleString("en")}, please.`;
  }

  // Bring the field that can't be read to sight.
  showFault(setup) {
    const element = this.form.elements[this.faulty(setup)];
    const section = element?.closest("details");
    if (section) section.open = true;
    element?.focus();
  }

  explain() {
    const setup = this.read();
    const line = this.form.querySelector(".meaning");
    const fault = this.wrong(setup);
    if (fault) {
      line.textContent = fault;
      return;
    }
    const sizes = [784, ...setup.hidden_sizes, 10];
    let products = 0;
    for (let i = 1; i < sizes.length; i++) products += sizes[i - 1] * sizes[i];
    const parameters = products + sizes.slice(1).reduce((sum, size) => sum + size, 0);
    const measured = setup.train_size > 59_000 ? "measured on the 10,000 test pictures" : "measured on 5,000 pictures kept aside";
    line.textContent =
      `${sizes.join(" → ")}: ${parameters.toLocaleString("en")} parameters, ` +
      `${compact(2 * products)} operations a picture, ${seconds(this.estimate(setup, parameters))} ` +
      `or so; ${measured}.`;
  }

  // Seconds of training, from a rough cost of a picture and of a step.
  estimate(setup, parameters) {
    const pictures = setup.epochs * setup.train_size;
    const each = 2e-6 + parameters * 6e-11 + (setup.augmentation ? 3e-5 : 0);
    const step = 1e-4 + parameters * 1e-10 * (setup.optimizer === "adam" ? 12 : 4);
    return this.slowness * (pictures * each + (pictures / setup.batch_size) * step);
  }

  learn(setup, parameters, took) {
    const expected = this.estimate(setup, parameters) / this.slowness;
    if (took > 0.5) this.slowness = Math.min(20, Math.max(0.05, took / expected));
  }

  toAddress(withInk) {
    const setup = this.read();
    const parameters = new URLSearchParams();
    for (const [name, key] of Object.entries(ADDRESS)) {
      const value = setup[name];
      if (value === null) continue;
      parameters.set(key, Array.isArray(value) ? value.join("-") : typeof value === "boolean" ? Number(value) : value);
    }
    const ink = withInk ? packInk(window.mnist.strokes) : "";
    if (ink) parameters.set("ink", ink);
    return `#${parameters}`;
  }

  // Fill the controls from an address; what could not be understood.
  fromAddress(hash) {
    const parameters = new URLSearchParams(hash.replace(/^#/, ""));
    const fields = new Map(Object.entries(ADDRESS).map(([name, key]) => [key, name]));
    const odd = [];
    const setup = {};
    for (const [key, text] of parameters) {
      const name = fields.get(key);
      if (!name) {
        if (key !== "ink") odd.push(key);
        continue;
      }
      const value = this.parse(name, text);
      if (value === null) odd.push(key);
      else setup[name] = value;
    }
    const base = this.controls.presets[setup.preset ?? this.controls.preset];
    if (Object.keys(setup).length) this.write({ ...base, ...setup });
    // Once: a reload keeps what has been drawn since.
    if (parameters.has("ink") && history.state?.inkOf !== hash) {
      const strokes = unpackInk(parameters.get("ink"));
      if (!strokes || !window.mnist.setStrokes(strokes)) odd.push("ink");
      history.replaceState({ inkOf: hash }, "");
    }
    return odd;
  }
}

// Strokes as "x.y_x.y~x.y": short, and safe in an address.
function packInk(strokes) {
  const count = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  const every = Math.ceil(count / LINK_POINTS);
  const point = ([x, y]) => `${Math.round(x)}.${Math.round(y)}`;
  return strokes
    .map((stroke) => stroke.filter((_, i) => i % every === 0 || i === stroke.length - 1).map(point).join("_"))
    .filter(Boolean)
    .join("~");
}

function unpackInk(text) {
  if (text.length > 20_000) return null;
  const strokes = text.split("~").map((stroke) => stroke.split("_").map((point) => point.split(".").map(Number)));
  const fits = (point) => point.length === 2 && point.every((value) => Number.isFinite(value) && Math.abs(value) < 1e5);
  return strokes.flat().every(fits) ? strokes : null;
}
