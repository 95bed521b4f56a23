// Step 4: the network that answers, layer by layer.
import { signedBytesOf } from "../shared/bytes.js";
import { fillTable, make, paintSigned, picture } from "../shared/draw.js";
import { latestOnly } from "../shared/latest.js";
import { number, orNan, percent } from "../shared/numbers.js";
import { unitStrip } from "./strip.js";

const WEIGHTS = 8; // pictures of the strongest units

const QUIET = 0.05; // what a tanh or sigmoid unit passes on where it says next to nothing

// What an activation makes of a unit's sum.
const RULES = {
  relu: ", and fires where the sum is above 0.",
  tanh: ", and passes the sum on, squeezed to between −1 and 1.",
  sigmoid: ", and passes the sum on, squeezed to between 0 and 1.",
};
const POINT = " Point at a unit, or focus a strip and use the arrow keys, to see what it looks at in your drawing.";
const LINEAR = ". There is no hidden layer: the units are the ten digits themselves, and the pictures below are their weights.";

const signed = (value, digits) => number(value, digits).replace("-", "−");

export function unitWords({ sum, output }, { layer, unit }, activation) {
  const silent = activation === "relu" ? sum <= 0 : Math.abs(output) < QUIET;
  const says = silent ? "is silent" : activation === "relu" ? "fires" : null;
  const parts = [`sum ${signed(sum, 2)}`, says, `passes on ${signed(output, 2)}`].filter(Boolean);
  return `Hidden layer ${layer + 1}, unit ${unit}: ${parts.join(", ")}.`;
}

// A strip's title.
export function layerWords({ fired, largest }, layer, size, activation) {
  const what = activation === "relu" ? "fire" : `pass on more than ${QUIET}, up or down`;
  return `Hidden layer ${layer + 1}: ${fired} of ${size} units ${what}, the strongest at ${signed(largest, 2)}`;
}

function extraWords({ activation, normalization, temperature, layers: { length: hidden } }) {
  const words = hidden ? [`Activation: ${activation}.`] : [];
  if (normalization === "batch") words.push("Each layer's sums are batch-normalised.");
  if (temperature !== 1) words.push(`Logits are divided by a temperature of ${temperature} before softmax, so that the model is as sure as it is right.`);
  return words.join(" ");
}

export function layersStep(part, hood) {
  let shape = "";
  let strips = [];
  let picked = null; // {layer, unit}
  let activation = "relu";
  const view = picture("What the unit looks at");
  const words = make("figcaption", { textContent: "No unit chosen yet." });
  const figure = part("unit");
  figure.append(view, words);
  const weights = Array.from({ length: WEIGHTS }, () => {
    const item = { canvas: picture(""), text: make("span", { className: "label" }) };
    item.row = make("li", { hidden: true }, item.canvas, item.text);
    part("weights").append(item.row);
    return item;
  });

  // While one request is under way, only the last unit pointed at counts.
  const ask = latestOnly(async () => {
    if (!picked || !hood.isOpen("layers")) return;
    const asked = picked;
    const answer = await hood.callOfDrawing("hood_unit", asked);
    if (!answer || answer.blank) return;
    paintSigned(view, signedBytesOf(answer.picture));
    words.textContent = unitWords(answer, asked, activation);
  });

  function build(sizes) {
    picked = null;
    words.textContent = "No unit chosen yet.";
    strips = sizes.slice(1, -1).map((size, layer) => {
      const onPick = (unit) => {
        strips.forEach((other, i) => i !== layer && other.unmark());
        picked = { layer, unit };
        showBeside(strips[layer], unit);
        ask();
      };
      const strip = unitStrip({ name: `hidden layer ${layer + 1}`, size, onPick });
      return { ...strip, row: make("div", { className: "layer" }, strip.box), title: make("h4"), size };
    });
    part("strips").replaceChildren(...strips.flatMap(({ title, row }) => [title, row]));
    figure.hidden = part("unit-legend").hidden = strips.length === 0;
    part("rule").textContent = strips.length ? RULES[activation] + POINT : LINEAR;
    part("weights-title").textContent = strips.length ? "First-layer weights of the strongest units" : "The weights of the strongest digits";
  }

  // The picture stands beside the unit, as far down as the strip goes.
  function showBeside({ row, box, rows, columns }, unit) {
    if (figure.parentElement !== row) row.append(figure);
    const middle = (Math.floor(unit / columns) + 0.5) / rows;
    const room = Math.max(0, box.offsetHeight - figure.offsetHeight);
    const top = box.offsetHeight * middle - figure.offsetHeight / 2;
    figure.style.marginTop = `${Math.round(Math.min(room, Math.max(0, top)))}px`;
  }

  function showLayer(layer, i) {
    const { title, size, show } = strips[i];
    title.textContent = layerWords(layer, i, size, activation);
    show(signedBytesOf(layer.outputs));
  }

  function showWeights({ units, weights: pictures, unit_outputs: outputs }) {
    weights.forEach(({ row, canvas, text }, i) => {
      row.hidden = i >= units.length;
      if (row.hidden) return;
      paintSigned(canvas, signedBytesOf(pictures[i]));
      canvas.setAttribute("aria-label", `Weights of unit ${units[i]}`);
      text.textContent = `${units[i]} · ${number(outputs[i], 1)}`;
    });
  }

  return {
    render(answer) {
      const sizes = answer.sizes.join("-");
      const next = `${sizes} ${answer.activation}`;
      activation = answer.activation;
      if (next !== shape) build(answer.sizes);
      shape = next;
      part("sizes").textContent = sizes;
      answer.layers.forEach(showLayer);
      showWeights(answer);
      fillTable(part("logits"), answer.logits.map((logit, digit) =>
        [digit < 10 ? digit : "not a digit", number(logit, 2), digit < 10 ? orNan(answer.probabilities[digit], percent) : "–"]));
      part("extras").textContent = extraWords(answer);
      // To begin with, the unit that fires most.
      if (!picked && strips.length) strips[0].pick(answer.units[0]);
      else ask();
    },
  };
}
