// Where the digits of a drawing are, as mnist_core/models/reading.py finds it: a change there is a change
// here.
import { CLASSES } from "./checkpoint.js";
import { NO_ROW, likeliestRow, wholeScore } from "./lattice.js";
import { cutPieces, piecesOf, rowHeight, touch } from "./pieces.js";
import { imageOf } from "./raster.js";

const LEAST_LIKENESS_IN_A_ROW = 0.8;
const ARCHES = [1, 7];
const LETTERS = ["01", "12", "13"];
const SURE = 0.98;
// A digit beside others may be parted from them badly, and then be any: that it seems none counts for so much.
// What is said of it beside them may be wrong.
const BADLY_PARTED = 0.2;
const SEEMS_NONE = 0.1;
const NO_PAIR = 0.0005;
const MAX_PIECES = 32;
const MAX_KNOWN = 300;

// What a network said of groups of pieces: only the digit under the pen is read anew.
const memories = new WeakMap();

function memoryOf(network) {
  if (!(memories.get(network)?.size < MAX_KNOWN)) memories.set(network, new Map());
  return memories.get(network);
}

// whole: the network's answer for all of it. → [{image, probabilities, likeness, digit, strokes}] from
// left to right; none where the drawing is one digit, or no row of them.
export function digitsInARow(network, drawn, whole) {
  const strokes = drawn.filter((stroke) => stroke.length > 0);
  if (strokes.length > MAX_PIECES) return [];
  const { config } = network;
  const memory = memoryOf(network);
  const answer = (group) => answerOf(network, memory, group);
  const { pieces, scale } = piecesOf(strokes);
  const best = bestRow(pieces, whole, answer, config);
  if (config.rejects && !isPlausible(best, answer)) return [];
  const least = best.length > 1 ? leastOf(config) : config.reject_below;
  return best.map(({ group }) => digitOf(answer(group), group, { least, scale }));
}

// The same of digits that were found before, by their images. said: what each is beside its neighbours, the
// probabilities of ten digits and of none, or null.
export function placedInARow(network, images, said = []) {
  const { config } = network;
  const least = images.length > 1 ? leastOf(config) : config.reject_below;
  return images.map((image, i) => {
    const answer = beside(network.answer(image), said[i]);
    return { ...digitOf({ image, ...answer }, [], { least, scale: 1 }), strokes: null, together: Boolean(said[i]) };
  });
}

// What a digit is together with what is said of it beside its neighbours.
function beside(answer, said) {
  if (!said) return answer;
  const { probabilities, likeness } = answer;
  const parted = (own) => (1 - BADLY_PARTED) * own;
  const told = (at) => said[at] + NO_PAIR;
  const digits = Array.from(probabilities, (each, digit) => (parted(each * likeness) + BADLY_PARTED / CLASSES) * told(digit));
  const none = SEEMS_NONE * parted(1 - likeness) * told(CLASSES);
  const sum = digits.reduce((total, each) => total + each, 0);
  return {
    ...answer,
    probabilities: Float32Array.from(digits, (each) => each / sum),
    likeness: sum / (sum + none),
  };
}

// [{group: its pieces, box}], none where all together are likelier to be one digit.
function bestRow(pieces, whole, answer, config) {
  const row = (each) => {
    const groupOf = (members) => members.map((member) => each[member]);
    const { score, groups } = likeliestRow(each, (of) => probability(answer(groupOf(of))), config.rejects);
    return { score, groups: groups.map(({ members, box }) => ({ group: groupOf(members), box })) };
  };
  const boxes = pieces.map(({ box }) => box);
  const isDigit = whole.likeness >= config.reject_below;
  const asOne = wholeScore(boxes, probability(whole), { isDigit, rejects: config.rejects });
  let best = pieces.length > 1 ? row(pieces) : NO_ROW;
  if (best.score <= asOne) best = { score: asOne, groups: [] };
  const all = new Set(isDigit ? [] : pieces.map(({ stroke }) => stroke));
  const doubtful = best.groups.length ? doubtfulOf(best.groups, answer, config) : all;
  const parts = doubtful.size ? cutPieces(pieces, doubtful, rowHeight(boxes)) : pieces;
  if (parts.length === pieces.length || parts.length > MAX_PIECES) return best.groups;
  const other = row(parts);
  return (other.score > best.score ? other : best).groups;
}

const leastOf = (config) => Math.min(LEAST_LIKENESS_IN_A_ROW, config.reject_below);
const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
const probability = ({ probabilities, likeness }) => Math.max(...probabilities) * likeness;

function answerOf(network, memory, group) {
  const name = group.map((piece) => piece.name).join(";");
  if (!memory.has(name)) {
    const image = imageOf(group.map(({ points }) => points));
    memory.set(name, { image, ...network.answer(image) });
  }
  return memory.get(name);
}

// The strokes in groups that are no digit by themselves, if one is none in a row either.
function doubtfulOf(groups, answer, config) {
  const likenesses = groups.map(({ group }) => answer(group).likeness);
  if (Math.min(...likenesses) >= leastOf(config)) return new Set();
  const doubted = groups.filter((_, i) => likenesses[i] < config.reject_below);
  return new Set(doubted.flatMap(({ group }) => group).map(({ stroke }) => stroke));
}

// Whether the digits are apart, or clearly digits: the strokes of a letter touch.
function isPlausible(row, answer) {
  const height = row.length ? rowHeight(row.map(({ box }) => box)) : 0;
  const touching = row.slice(1).map(({ group }, i) => touch(row[i].group, group, height));
  if (!touching.some(Boolean)) return true;
  const answers = row.map(({ group }) => answer(group));
  const digits = answers.map(({ probabilities }) => likeliest(probabilities));
  if (digits.every((digit) => ARCHES.includes(digit))) return false;
  const isSure = answers.reduce((product, each) => product * probability(each), 1) >= SURE;
  return !touching.every(Boolean) || (isSure && !LETTERS.includes(digits.join("")));
}

function digitOf({ image, probabilities, likeness }, group, { least, scale }) {
  const digit = likeness >= least ? likeliest(probabilities) : null;
  const strokes = group.map(({ points }) => points.map(([x, y]) => [x * scale, y * scale]));
  return { image, probabilities, likeness, digit, strokes };
}
