// Step 4: the network that answers, layer by layer.
import { signedBytesOf } from "../shared/bytes.js";
import { fillTable, make, paintSigned, picture } from "../shared/draw.js";
import { latestOnly } from "../shared/latest.js";
import { number, orNan, percent } from "../shared/numbers.js";
import { unitStrip } from "./strip.js";

const WEIGHTS = 8; // pictures of the strongest units

function unitWords({ sum, output }, { layer, unit }, hidden) {
  const where = layer < hidden ? `Hidden layer ${layer + 1}` : "Output";
  const out = output === null ? "" : `, passes on ${number(output, 2)}`;
  return `${where}, unit ${unit}: sum ${number(sum, 2)}, ${sum > 0 ? "fires" : "is silent"}${out}.`;
}

function extraWords({ activation, normalization, temperature }) {
  const words = [`Activation: ${activation}.`];
  if (normalization === "batch") words.push("Each layer's sums are batch-normalised.");
  if (temperature !== 1) words.push(`Logits are divided by a temperature of ${temperature} before softmax, so that the model is as sure as it is right.`);
  return words.join(" ");
}

export function layersStep(part, hood) {
  let shape = "";
  let strips = [];
  let picked = null; // {layer, unit}
  const view = picture("What the unit looks at");
  const words = make("figcaption", { textContent: "No unit chosen yet." });
  part("unit").append(view, words);
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
    const answer = await hood.call("hood_unit", { ...hood.drawing(), ...asked });
    if (!answer || answer.blank) return;
    paintSigned(view, signedBytesOf(answer.picture));
    words.textContent = unitWords(answer, asked, strips.length);
  });

  function build(sizes) {
    picked = null;
    words.textContent = "No unit chosen yet.";
    strips = sizes.slice(1, -1).map((size, layer) => {
      const onPick = (unit) => {
        strips.forEach((other, i) => i !== layer && other.unmark());
        picked = { layer, unit };
        ask();
      };
      return { ...unitStrip({ name: `hidden layer ${layer + 1}`, size, onPick }), title: make("h4"), size };
    });
    part("strips").replaceChildren(...strips.flatMap(({ title, box }) => [title, box]));
  }

  function showLayer({ fired, largest, outputs }, i) {
    const { title, size, show } = strips[i];
    title.textContent = `Hidden layer ${i + 1}: ${fired} of ${size} units fire, the strongest at ${number(largest, 2)}`;
    show(signedBytesOf(outputs));
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
      const next = answer.sizes.join("-");
      if (next !== shape) build(answer.sizes);
      shape = next;
      part("sizes").textContent = next;
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
