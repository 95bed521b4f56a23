// Steps 4 to 8: what becomes of the input, and how a network learns.

// A layer's units as a strip of squares; one can be pointed at, or reached with the arrow keys.
function unitStrip({ name, size, onPick }) {
  const columns = Math.min(32, size);
  const rows = Math.ceil(size / columns);
  const canvas = make("canvas", { width: columns, height: rows, className: "units" });
  const mark = make("span", { className: "mark", hidden: true });
  const box = make("div", {
    className: "strip", tabIndex: 0, role: "slider",
    aria: { label: `Units of ${name}`, valuemin: 0, valuemax: size - 1, valuenow: 0 },
  }, canvas, mark);
  box.style.aspectRatio = `${columns} / ${rows}`;
  let values = new Int8Array(size);
  let at = 0;

  function pick(unit) {
    at = Math.max(0, Math.min(size - 1, unit));
    mark.hidden = false;
    Object.assign(mark.style, {
      left: `${(100 * (at % columns)) / columns}%`,
      top: `${(100 * Math.floor(at / columns)) / rows}%`,
      width: `${100 / columns}%`,
      height: `${100 / rows}%`,
    });
    box.setAttribute("aria-valuenow", at);
    box.setAttribute("aria-valuetext", `unit ${at}, ${values[at] === 0 ? "silent" : "active"}`);
    onPick(at);
  }
  const MOVES = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  box.addEventListener("keydown", (event) => {
    if (event.key in MOVES) pick(at + MOVES[event.key]);
    else if (event.key === "Home") pick(0);
    else if (event.key === "End") pick(size - 1);
    else return;
    event.preventDefault();
  });
  box.addEventListener("focus", () => mark.hidden && pick(at));
  const point = (event) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * columns);
    const row = Math.floor(((event.clientY - top) / height) * rows);
    const unit = row * columns + column;
    if (column >= 0 && column < columns && unit >= 0 && unit < size && unit !== at) pick(unit);
    else if (mark.hidden) pick(at);
  };
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  return {
    box,
    pick,
    show(next) {
      values = next;
      paintSigned(canvas, next);
    },
    unmark: () => (mark.hidden = true),
  };
}

function layersStep(part, hood) {
  let shape = "";
  let strips = [];
  let picked = null; // {layer, unit}
  let asking = false;
  let again = false;
  const view = picture("What the unit looks at");
  const words = make("figcaption", { textContent: "No unit chosen yet." });
  part("unit").append(view, words);
  const weights = Array.from({ length: 8 }, () => {
    const item = { canvas: picture(""), text: make("span", { className: "label" }) };
    item.row = make("li", { hidden: true }, item.canvas, item.text);
    part("weights").append(item.row);
    return item;
  });

  // One request at a time; while one is under way, only the last unit pointed at counts.
  async function ask() {
    if (!picked || !hood.isOpen("layers")) return;
    again = true;
    if (asking) return;
    asking = true;
    while (again) {
      again = false;
      const { layer, unit } = picked;
      const answer = await hood.call("hood_unit", { ...hood.drawing(), layer, unit });
      if (!answer || answer.blank) continue;
      paintSigned(view, signedBytes(answer.picture));
      const out = answer.output === null ? "" : `, passes on ${number(answer.output, 2)}`;
      const state = answer.sum > 0 ? "fires" : "is silent";
      const where = layer < strips.length ? `Hidden layer ${layer + 1}` : "Output";
      words.textContent = `${where}, unit ${unit}: sum ${number(answer.sum, 2)}, ${state}${out}.`;
    }
    asking = false;
  }

  function build(sizes) {
    picked = null;
    words.textContent = "No unit chosen yet.";
    strips = sizes.slice(1, -1).map((size, layer) => {
      const name = `hidden layer ${layer + 1}`;
      const title = make("h4");
      const strip = unitStrip({
        name, size,
        onPick(unit) {
          strips.forEach((other, i) => i !== layer && other.unmark());
          picked = { layer, unit };
          ask();
        },
      });
      return { ...strip, title, name, size };
    });
    part("strips").replaceChildren(...strips.flatMap(({ title, box }) => [title, box]));
  }

  return {
    render(answer) {
      const next = answer.sizes.join("-");
      if (next !== shape) build(answer.sizes);
      shape = next;
      part("sizes").textContent = next;
      answer.layers.forEach((layer, i) => {
        const { title, size, show } = strips[i];
        title.textContent = `Hidden layer ${i + 1}: ${layer.fired} of ${size} units fire, the strongest at ${number(layer.largest, 2)}`;
        show(signedBytes(layer.outputs));
      });
      weights.forEach(({ row, canvas, text }, i) => {
        row.hidden = i >= answer.units.length;
        if (row.hidden) return;
        paintSigned(canvas, signedBytes(answer.weights[i]));
        canvas.setAttribute("aria-label", `Weights of unit ${answer.units[i]}`);
        text.textContent = `${answer.units[i]} · ${number(answer.unit_outputs[i], 1)}`;
      });
      fillTable(part("logits"), answer.logits.map((logit, digit) =>
        [digit < 10 ? digit : "not a digit", number(logit, 2), digit < 10 ? percent(answer.probabilities[digit]) : "–"]));
      const extras = [`Activation: ${answer.activation}.`];
      if (answer.normalization === "batch") extras.push("Each layer's sums are batch-normalised.");
      if (answer.temperature !== 1) extras.push(`Logits are divided by a temperature of ${answer.temperature} before softmax, so that the model is as sure as it is right.`);
      part("extras").textContent = extras.join(" ");
      // To begin with, the unit that fires most.
      if (!picked && strips.length) strips[0].pick(answer.units[0]);
      else ask();
    },
  };
}

function lossStep(part) {
  return {
    render(answer) {
      fillTable(part("losses"), [
        ["cross_entropy(logits)", small(answer.cross_entropy)],
        ["nll_loss(log_softmax(logits))", small(answer.nll)],
        ["by hand", small(answer.by_hand)],
      ]);
      part("words").textContent = `The model gives ${answer.meant} a probability of ${precisePercent(answer.probability)}: the loss is −log of it.`;
      fillTable(part("logs"), answer.logits.map((logit, digit) =>
        [digit, number(logit, 3), number(answer.log_probabilities[digit], 3)]));
    },
  };
}

function autogradStep(part, hood) {
  part("", "[data-action=pixels]").addEventListener("click", () => {
    hood.settings.pixel_seed = hood.seed();
    hood.refresh();
  });
  const slope = (value) => (value === null ? "nan" : value.toExponential(3));
  return {
    render(answer) {
      paintSigned(part("gradient"), signedBytes(answer.picture), bytes(answer.ink));
      part("gradient").setAttribute("aria-label", `Which pixels would make it more of a ${answer.meant}`);
      fillTable(part("parameters"), answer.parameters.map(({ name, shape, before, after }) =>
        [name, shape.join(" × "), before, after === null ? "None" : slope(after)]));
      fillTable(part("checks"), answer.checks.map(({ pixel, autograd, difference }) =>
        [pixel.join(", "), slope(autograd), slope(difference)]));
    },
  };
}

function sgdStep(part, hood) {
  const bars = smallBars(part("bars"));
  const go = (action, steps) =>
    part("", `[data-action=${action}]`).addEventListener("click", () => {
      hood.settings.steps = Math.min(hood.maxSteps, steps());
      hood.refresh();
    });
  go("step", () => hood.settings.steps + 1);
  go("ten", () => hood.settings.steps + 10);
  go("start", () => 0);
  part("rate").addEventListener("change", () => {
    hood.settings.learning_rate = Number(part("rate").value);
    hood.refresh();
  });
  return {
    render(answer) {
      bars(answer.probabilities, { usual: answer.before });
      const { losses } = answer;
      const steps = losses.length - 1;
      const most = Math.max(...losses, 1e-9);
      const points = losses.map((loss, i) => `${(400 * i) / Math.max(steps, 1)},${86 - (80 * loss) / most}`);
      part("curve").firstElementChild.setAttribute("points", points.join(" "));
      const first = small(losses[0]);
      const limit = steps === hood.maxSteps ? " That is as far as it goes here." : "";
      part("count").textContent = steps
        ? `After ${steps} ${steps === 1 ? "step" : "steps"} the loss for ${answer.meant} is ${small(losses[steps])}; it began at ${first}.${limit}`
        : `The loss for ${answer.meant} is ${first}. No step taken yet.`;
    },
  };
}

function answerStep(part, hood) {
  let busy = false;
  let again = false;
  return {
    // Drawing the figure takes longer than all other steps together, so it has its own request.
    async update() {
      again = true;
      if (busy) return;
      busy = true;
      while (again && hood.isOpen("answer") && !hood.isBlank()) {
        again = false;
        const answer = await hood.call("hood_figure", hood.drawing());
        if (!answer || answer.blank) continue;
        const address = `data:image/png;base64,${answer.png}`;
        part("figure").src = part("download").href = address;
        part("figure").alt = `The drawing beside its ten probabilities: ${window.mnist.prediction?.words ?? ""}`;
      }
      busy = false;
    },
  };
}
