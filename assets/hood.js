// Under the hood: eight steps that follow the drawing. Only open steps are computed, all of them in
// one request, with another as soon as it is back if something has changed meanwhile.
const mnist = window.mnist;
const STORED = "mnist:hood";
const MOMENT_MS = 400; // between updates while a model trains

const trouble = element.querySelector(".trouble");
const sections = Object.fromEntries(
  [...element.querySelectorAll("section[data-step]")].map((node) => [node.dataset.step, node]),
);

const settings = {
  meant: null,
  weights_seed: 1,
  factor: 1,
  stages: { crop: true, scale: true, centre: true, pen: true },
  pixel_seed: 1,
  steps: 0,
  learning_rate: 0.001,
};

const wire = () => mnist.strokes.map((line) => line.map(([x, y]) => [Math.round(x), Math.round(y)]));

const hood = {
  settings,
  maxSteps: props.max_steps,
  seed: () => Math.floor(Math.random() * 2 ** 31),
  isOpen: (name) => sections[name].firstElementChild.open,
  isBlank: () => mnist.strokes.length === 0,
  drawing: () => ({ strokes: wire(), model: mnist.model }),
  refresh,
  // The answer, or null where there is none; the page says why.
  async call(name, payload) {
    try {
      const answer = await mnist.call(server, name, payload);
      trouble.textContent = answer.ok ? "" : answer.error;
      return answer.ok ? answer : null;
    } catch {
      trouble.textContent = "The server does not answer. Trying again with your next stroke.";
      return null;
    }
  },
};

const partsOf = (section) => (name, selector = `[data-part=${name}]`) => section.querySelector(selector);
const BUILDERS = {
  data: dataStep, stages: stagesStep, scratch: scratchStep, layers: layersStep,
  loss: lossStep, autograd: autogradStep, sgd: sgdStep, answer: answerStep,
};
const steps = Object.fromEntries(
  Object.entries(BUILDERS).map(([name, build]) => [name, build(partsOf(sections[name]), hood)]),
);

// ── What every step has ──────────────────────────────────────────────────────────────────────
for (const [name, section] of Object.entries(sections)) {
  const sample = make("button", { type: "button", textContent: "Try a sample digit" });
  sample.addEventListener("click", drawSample);
  const empty = make("div", { className: "empty row" });
  empty.append(make("p", { textContent: "Draw a digit on the pad to see this step." }), sample);
  section.querySelector(".live").before(empty);
  const code = make("pre", { tabIndex: 0, role: "region", aria: { label: "The code of this step" } });
  code.append(make("code", { textContent: props.code[name] }));
  section.querySelector(".body").append(make("h4", { textContent: "The code that just ran" }), code);
}

function showBlank() {
  const blank = hood.isBlank();
  for (const section of Object.values(sections)) {
    section.querySelector(".empty").hidden = !blank;
    section.querySelector(".live").toggleAttribute("data-blank", blank);
  }
}

// ── The digit that the visitor meant: the model's own, unless they say another ───────────────
const groups = [...element.querySelectorAll(".meant")].map((fieldset, group) =>
  Array.from({ length: 10 }, (_, digit) => {
    const radio = make("input", { type: "radio", name: `meant-${group}`, value: String(digit) });
    radio.addEventListener("change", () => {
      settings.meant = digit;
      settings.steps = 0;
      showMeant(digit);
      refresh();
    });
    fieldset.append(make("label", {}, radio, make("span", { textContent: String(digit) })));
    return radio;
  }),
);

function showMeant(digit) {
  for (const radios of groups) radios[digit].checked = true;
}

// ── Updates ──────────────────────────────────────────────────────────────────────────────────
let due = false;
let busy = false;
let moving = false; // the pen: the bars at the pad go first, and the drawing follows when it rests

function refresh() {
  due = true;
  if (!busy) run();
}

async function run() {
  busy = true;
  while (due && !moving && element.isConnected && element.checkVisibility()) {
    due = false;
    showBlank();
    const open = Object.keys(steps).filter(hood.isOpen);
    if (hood.isBlank() || !open.length) continue;
    const drawn = mnist.strokes;
    const answer = await hood.call("hood_steps_of", { ...hood.drawing(), open, settings });
    // Cleared or redrawn meanwhile: the next answer is on its way.
    if (!answer || answer.blank || hood.isBlank()) continue;
    for (const [name, values] of Object.entries(answer.steps)) steps[name].render(values);
    const meant = answer.steps.loss ?? answer.steps.autograd ?? answer.steps.sgd;
    if (meant) showMeant(meant.meant);
    element.dataset.drawn = String(Number(element.dataset.drawn ?? 0) + 1);
    if (drawn === mnist.strokes && !due && !moving) steps.answer.update();
  }
  busy = false;
}

// ── Opening and closing ──────────────────────────────────────────────────────────────────────
function remembered() {
  try {
    const names = JSON.parse(mnist.storage.read(STORED));
    return Array.isArray(names) ? names : null;
  } catch {
    return null;
  }
}

for (const name of remembered() ?? ["data", "stages"]) {
  if (Object.hasOwn(sections, name)) sections[name].firstElementChild.open = true;
}
for (const [name, section] of Object.entries(sections)) {
  section.firstElementChild.addEventListener("toggle", () => {
    mnist.storage.write(STORED, JSON.stringify(Object.keys(sections).filter(hood.isOpen)));
    if (hood.isOpen(name)) visible();
  });
}
for (const [action, open] of [["open", true], ["close", false]]) {
  element.querySelector(`[data-action=${action}]`).addEventListener("click", () => {
    for (const section of Object.values(sections)) section.firstElementChild.open = open;
  });
}

function visible() {
  if (!element.checkVisibility()) return;
  if (hood.isOpen("data")) steps.data.opened();
  refresh();
}

// ── What the rest of the page says ───────────────────────────────────────────────────────────
const model = element.querySelector("[data-part=model]");
function showModel() {
  model.textContent = mnist.model === "yours" ? "Your own model answers." : "The ready-made model answers.";
}

function onChange(event, listener) {
  window.addEventListener(event, (detail) => element.isConnected && listener(detail));
}
onChange("mnist:drawing", () => (moving = true));
onChange("mnist:ink", () => {
  moving = false;
  settings.steps = 0;
  if (hood.isBlank()) settings.meant = null;
  refresh();
});
onChange("mnist:model", () => {
  settings.steps = 0;
  showModel();
  refresh();
});
let waiting = false;
onChange("mnist:moment", () => {
  if (waiting || mnist.model !== "yours") return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    refresh();
  }, MOMENT_MS);
});

new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && visible()).observe(
  element,
);
showModel();
showBlank();
