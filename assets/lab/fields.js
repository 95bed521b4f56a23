// The fields of a set-up: what they may hold, and how an address spells them.
import { grouped } from "../shared/numbers.js";

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
  shuffle_labels: "shuffled",
  seed: "seed",
};
export const FIELDS = Object.keys(ADDRESS);
const NAMES = new Map(Object.entries(ADDRESS).map(([name, key]) => [key, name]));
// What an address says of a lesson, which link.js reads.
const OF_A_LESSON = ["title", "sentence", "open", "experiment", "show", "hide", "lock"];
export const SWITCHES = ["augmentation", "shuffle_labels"];
const WHOLE = ["epochs", "batch_size", "train_size", "seed"];
const LINK_POINTS = 1500;
const MAX_INK = 20_000; // letters
const MOST_ODD = 10; // words of a list that are told

const PARSERS = {
  preset: (text, { presets }) => (Object.hasOwn(presets, text) ? text : null),
  hidden_sizes(text, { units, layers }) {
    const sizes = text ? text.split(/[\s,;-]+/).map(Number) : [];
    const fits = (size) => Number.isInteger(size) && size >= 1 && size <= units;
    return sizes.length <= layers && sizes.every(fits) ? sizes : null;
  },
};

const DECIMAL = /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i;
const GROUPED = /^\d{1,3}([.,'’\s]\d{3})+$/;

// As people write them: 0.01 or 0,01; 60000 or, where it is a whole number, 60,000.
function numberIn(text, whole) {
  if (whole && GROUPED.test(text)) return Number(text.replace(/\D/g, ""));
  return DECIMAL.test(text) ? Number(text.replace(",", ".")) : NaN;
}

function parseNumber(text, [low, high], whole) {
  const value = numberIn(text.normalize("NFKC"), whole);
  if (!(value >= low && value <= high)) return null;
  return whole && !Number.isInteger(value) ? null : value;
}

// The value of a field from text; null where it is no such value. controls: what the server allows.
export function parseField(name, text, controls) {
  const trimmed = text.trim();
  const choices = controls.choices[name];
  if (SWITCHES.includes(name)) return { 0: false, 1: true }[trimmed] ?? null;
  if (PARSERS[name]) return PARSERS[name](trimmed, controls);
  if (choices) return choices.includes(trimmed) ? trimmed : null;
  return parseNumber(trimmed, controls.ranges[name], WHOLE.includes(name));
}

// The name of the first field that could not be read, or undefined.
export const faultyField = (setup) => Object.keys(setup).find((name) => setup[name] === null);

// What a field called `label` expects.
export function expectation(name, label, { ranges, layers, units }) {
  if (name === "hidden_sizes") {
    return `${label}: up to ${layers} whole numbers from 1 to ${grouped(units)}, such as 128, 64.`;
  }
  if (!ranges[name]) return `${label} can't be read.`;
  const [low, high] = ranges[name];
  const kind = WHOLE.includes(name) ? "a whole number" : "a number";
  return `${label}: ${kind} from ${low} to ${grouped(high)}, please.`;
}

// The address of a set-up and, where there are any, of strokes.
export function addressOf(setup, strokes = []) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(setup)) {
    if (value === null) continue;
    const text = typeof value === "boolean" ? Number(value) : value;
    parameters.set(ADDRESS[name], Array.isArray(text) ? text.join("-") : text);
  }
  const ink = packInk(strokes);
  if (ink) parameters.set("ink", ink);
  return `#${parameters}`;
}

export const spelled = (name) => ADDRESS[name];

// The fields that a list in an address names, "rate-epochs"; what else it says is added to `odd`.
export function namesIn(text, odd) {
  const words = new Set(text.split(/[\s,;-]+/).filter(Boolean));
  odd.push(...[...words].filter((word) => !NAMES.has(word)).slice(0, MOST_ODD));
  return [...words].filter((word) => NAMES.has(word)).map((word) => NAMES.get(word));
}

// {setup: the fields that were understood, odd: the names that were not, ink: text or null}
export function readAddress(hash, controls) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const ink = parameters.get("ink");
  parameters.delete("ink");
  const setup = {};
  const odd = [];
  for (const [key, text] of parameters) {
    if (OF_A_LESSON.includes(key)) continue;
    const name = NAMES.get(key);
    const value = name ? parseField(name, text, controls) : null;
    if (value === null) odd.push(key);
    else setup[name] = value;
  }
  return { setup, odd, ink };
}

// Strokes as "x.y_x.y~x.y": short, and safe in an address.
export function packInk(strokes) {
  const every = Math.ceil(strokes.flat().length / LINK_POINTS);
  const point = ([x, y]) => `${Math.round(x)}.${Math.round(y)}`;
  return strokes
    .map((stroke) => stroke.filter((_, i) => i % every === 0 || i === stroke.length - 1).map(point).join("_"))
    .filter(Boolean)
    .join("~");
}

// The strokes, or null where the text holds none.
export function unpackInk(text) {
  if (text.length > MAX_INK) return null;
  const strokes = text.split("~").map((stroke) => stroke.split("_").map((point) => point.split(".").map(Number)));
  const fits = (point) => point.length === 2 && point.every((value) => Number.isFinite(value) && Math.abs(value) < 1e5);
  return strokes.flat().every(fits) ? strokes : null;
}
