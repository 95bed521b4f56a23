// What the diagram says in words: of the network, and of one of its units.
import { grouped, percent } from "../../shared/numbers.js";
import { listed } from "../words.js";
import { into, outOf } from "./edges.js";

const DIGITS = 10;

export const nameOfOutput = (index) => (index < DIGITS ? String(index) : "none");
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const plain = (value) => value.toFixed(2).replace("-", "−");

const isLast = ({ shown }, layer) => layer === shown.length - 1;

// [name, how many units of it are shown] of a layer.
export function layerWords({ sizes, shown }, layer) {
  if (isLast({ shown }, layer)) return ["Answer", ""];
  const [size, count] = [sizes[layer], shown[layer].length];
  const units = count < size ? `${count} of ${grouped(size)}` : `${grouped(size)} unit${size > 1 ? "s" : ""}`;
  return [`Hidden ${layer + 1}`, units];
}

// What is drawn of which network. lines: how many weights are.
export function networkWords(network, { isYours, lines }) {
  const { sizes, shown, weights } = network;
  const hidden = sizes.slice(0, -1);
  const whose = isYours ? "Your network" : "The ready-made network";
  const layers = ["784 pixels", ...hidden.map(grouped), "10 digits"].join(" → ");
  const none = sizes.at(-1) > DIGITS ? " and “none”" : "";
  const sampled = hidden.flatMap((size, i) => (shown[i].length < size ? [`${shown[i].length} of ${grouped(size)}`] : []));
  const all = weights.reduce((sum, { length }) => sum + length, 0);
  const few = sampled.length ? ` ${listed([...new Set(sampled)])} units shown, at even distances.` : "";
  return `${whose}: ${layers}${none}.${few} Lines: the strongest weights into each unit, ${grouped(lines)} of ${grouped(all)}${few && " between those"}.`;
}

const namesIn = (network, layer, index) => (isLast(network, layer) ? nameOfOutput(index) : String(network.shown[layer][index]));

const of = ({ sizes, shown }, layer) =>
  `of ${shown[layer].length < sizes[layer] ? "those shown in " : ""}hidden layer ${layer + 1}`;

function saysNow(network, { layer, index }, values) {
  if (!values) return "Draw a digit to hear it.";
  const value = values[layer][index];
  if (!Number.isFinite(value)) return "What it says is beyond all numbers.";
  if (isLast(network, layer)) return `It says ${percent(value)} now.`;
  const most = values[layer].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return `It says ${plain(value)} now, where the loudest ${of(network, layer)} says ${plain(most)}.`;
}

const PICTURE = "What it looks at is in the picture: ink on indigo excites it, ink on orange holds it back.";

function looksAt(network, unit) {
  if (unit.layer === 0) return PICTURE;
  const from = into(network, unit).map(({ from: index, weight }) => `${namesIn(network, unit.layer - 1, index)} (${signed(weight)})`);
  return from.length ? `It listens most to unit${from.length > 1 ? "s" : ""} ${listed(from)} ${of(network, unit.layer - 1)}.` : "It listens to none.";
}

function tells(network, unit) {
  const to = outOf(network, unit);
  const next = unit.layer + 1;
  if (!to.length) return "";
  const named = (edges) => listed(edges.map(({ to: index, weight }) => `${namesIn(network, next, index)} (${signed(weight)})`));
  if (!isLast(network, next)) return `It is heard most by unit${to.length > 1 ? "s" : ""} ${named(to)} ${of(network, next)}.`;
  const [pro, contra] = [to.filter(({ weight }) => weight > 0), to.filter(({ weight }) => weight < 0)];
  const parts = [pro.length && `for ${named(pro)}`, contra.length && `against ${named(contra)}`].filter(Boolean);
  return `It speaks most ${parts.join(", ")}.`;
}

// unit: {layer, index}. values: as pad/inside.js has them, null for a blank drawing.
export function unitWords(network, unit, values) {
  const name = namesIn(network, unit.layer, unit.index);
  const what = isLast(network, unit.layer) ? `Answer ${name}.` : `Hidden layer ${unit.layer + 1}, unit ${name}.`;
  return [what, saysNow(network, unit, values), looksAt(network, unit), tells(network, unit)].filter(Boolean).join(" ");
}
