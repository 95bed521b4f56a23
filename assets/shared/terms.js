// What the field's words mean, told where they stand: on hover, on focus and on a tap.
import { make, write } from "./draw.js";

const HELD_OUT = "Held-out pictures never train. How many of them are read right tells what the network makes of digits that it has not seen.";
const EPOCH = "An epoch is one pass over all training pictures. More epochs learn more, up to a point.";
const UNIT = "A unit adds up what comes in, each input times its weight, and passes on what its activation makes of the sum.";
const WEIGHT = "The numbers on the connections: how much each input counts for a unit. Learning is changing them, and nothing else.";
const STEP = "One batch of pictures is looked at, and every weight is moved a little.";
const BATCH = "The pictures that one step looks at.";
const LABEL = "The digit that was meant in a picture, as whoever made the collection wrote it down.";
const LOGIT = "The ten sums that come out of the last layer, before softmax makes probabilities of them.";
const GRADIENT = "For each weight, how fast the loss changes with it: the slope that a step goes down.";
const NLL = "Negative log-likelihood: minus the logarithm of the probability that the right digit got.";
const MILESTONE = "After so many seconds of training, this share of the held-out pictures was read right.";

export const TERMS = {
  Epochs: EPOCH,
  epoch: EPOCH,
  "Learning rate": "How far each step moves the weights down the slope of the loss. Too small is slow, too large never settles.",
  "Hidden layers": "Layers of units between the 784 pixels and the ten answers. Each unit adds up what comes in, by its weights.",
  Activation: "What a unit makes of its sum before it passes it on. ReLU, for one, passes on nothing below zero.",
  Optimiser: "The rule that turns slopes into steps. SGD follows the slope, momentum also keeps some of its speed, Adam gives each weight a pace of its own.",
  "Batch size": "How many pictures a step looks at. Large batches give steady steps, small ones many.",
  "Weight decay": "Pulls every weight a little towards zero at each step, which keeps a network from learning single pictures by heart.",
  Dropout: "Silences this share of the hidden units at random in each step, so that none can rely on another.",
  "Training pictures": "How many of MNIST's 60,000 digits it learns from. With few, it soon knows them by heart.",
  Seed: "The number that all chance begins with: first weights, order of the pictures. The same seed gives the same run.",
  Augmentation: "Shifts, turns and bends each picture a little, differently each time it is seen: as good as more pictures.",
  "Shuffled labels": "Each training picture gets the label of another, so that there is nothing to learn but the pictures themselves, by heart.",
  parameters: "The numbers that are learnt: the weights of all connections, and a bias for each unit.",
  "kept aside": HELD_OUT,
  "held-out": HELD_OUT,
  "test pictures": "MNIST's own 10,000 pictures to measure on. They never train either.",
  loss: "How wrong its answers are: minus the logarithm of the probability that the right digit got. Learning makes it smaller.",
  accuracy: "The share of the pictures that are read right.",
  step: STEP,
  steps: STEP,
  batch: BATCH,
  batches: BATCH,
  unit: UNIT,
  units: UNIT,
  weight: WEIGHT,
  weights: WEIGHT,
  label: LABEL,
  labels: LABEL,
  "neural network": "Layers of simple units, each of which adds up what comes in and passes on what it makes of the sum. How much counts is learnt from examples.",
  model: "A network with the weights that it has learnt: 784 pixels go in, ten probabilities come out. The ready-made one comes with the page; yours is the one that you train.",
  overfitting: "Knowing the training pictures by heart, and reading other pictures no better for it.",
  operations: "Multiplications and additions, which is all that a network does.",
  sigmoid: "Squeezes a sum into the range from 0 to 1, along a curve like an S.",
  softmax: "Makes probabilities of ten numbers of any size: each above 0, together 1, and the largest of them ahead.",
  logit: LOGIT,
  logits: LOGIT,
  gradient: GRADIENT,
  autograd: "PyTorch's way to a gradient: it writes down what is computed, and goes back through it by the chain rule.",
  "cross-entropy": "The loss worked out from logits: softmax and NLL in one.",
  NLL,
  SGD: "Stochastic gradient descent: steps down the slope of the loss, each worked out from one batch alone.",
  momentum: "Each step keeps some of the speed of those before it.",
  Adam: "An optimiser that gives each weight a pace of its own, from how its slopes have been.",
  // Of columns and curves; the plain words are not terms wherever they stand.
  "training line": "On the pictures that it learns from, as they come by. Where it falls and the other line does not, they are learnt by heart.",
  "a run": "One training from its first step to its last, with its settings, its curves and its weights.",
  "a set-up": "The settings that a run was trained with.",
  "trained for": "How long it has trained, pauses left out.",
  "To 97 %": MILESTONE,
  "To 98 %": MILESTONE,
};
const KNOWN = new RegExp(`\\b(${Object.keys(TERMS).join("|")})\\b`, "i");
const NAMES = new Map(Object.keys(TERMS).map((name) => [name.toLowerCase(), name]));
const GAP = 6;
const EDGE = 8;

let tip;
let shownFor = null;

function show(term) {
  if (!tip) {
    tip = make("div", { id: "term-tip", className: "term-tip", role: "tooltip", popover: "manual" });
    document.body.append(tip);
    addEventListener("scroll", hide, { capture: true, passive: true });
    addEventListener("keydown", ({ key }) => key === "Escape" && hide());
    addEventListener("pointerdown", ({ target }) => target !== shownFor && hide());
  }
  shownFor?.removeAttribute("aria-describedby");
  shownFor = term;
  term.setAttribute("aria-describedby", tip.id);
  tip.textContent = TERMS[term.dataset.term];
  tip.showPopover?.();
  const { left, bottom, top } = term.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const below = bottom + GAP + height <= innerHeight - EDGE;
  tip.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  tip.style.top = `${below ? bottom + GAP : Math.max(EDGE, top - GAP - height)}px`;
}

function hide() {
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
  tip?.hidePopover?.();
}

// Lets an element that takes the focus tell what a term means; a control does what it does all the same.
export function explain(node, name) {
  node.dataset.term = name;
  node.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && show(node));
  node.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && document.activeElement !== node && hide());
  node.addEventListener("focus", () => show(node));
  node.addEventListener("blur", hide);
  node.addEventListener("click", () => show(node));
}

// A word that can be asked for its meaning. Not a button of its own: a label would stand for it.
export function termOf(name, text = name) {
  const term = make("span", { className: "term", tabIndex: 0, role: "button", textContent: text });
  explain(term, name);
  term.addEventListener("click", (event) => event.preventDefault()); // the field that the label is of keeps to itself
  term.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    show(term);
  });
  return term;
}

// `text` in pieces, where those that are terms are [term, as written]; each of them once.
export function piecesOf(text) {
  const told = new Set();
  return text.split(KNOWN).filter(Boolean).map((piece) => {
    const name = NAMES.get(piece.toLowerCase());
    if (!name || told.has(TERMS[name])) return piece;
    told.add(TERMS[name]);
    return [name, piece];
  });
}

// Writes a text whose terms can be asked for. Where only what is between them is new, they stay, with the focus.
export function writeWithTerms(node, text) {
  if (node.textContent === text) return;
  const pieces = piecesOf(text).map((piece) => (typeof piece === "string" ? [undefined, piece] : piece));
  const before = [...node.childNodes];
  if (before.length === pieces.length && pieces.every(([name], i) => before[i].dataset?.term === name)) {
    pieces.forEach(([, words], i) => write(before[i], words));
    return;
  }
  if (node.contains(shownFor)) hide();
  node.replaceChildren(...pieces.map(([name, words]) => (name ? termOf(name, words) : words)));
}

// The titles of a table's columns.
export function writeHeads(table, titles) {
  const head = table.tHead ?? table.createTHead();
  if (head.rows[0]?.cells.length !== titles.length) {
    head.replaceChildren(make("tr", {}, ...titles.map(() => make("th", { scope: "col" }))));
  }
  const [row] = head.rows;
  titles.forEach((title, i) => writeWithTerms(row.cells[i], title));
}

// Makes terms of what is marked in `root` with data-term.
export function explainTerms(root) {
  for (const node of root.querySelectorAll("[data-term]:not(.term)")) {
    node.replaceWith(termOf(node.dataset.term, node.textContent));
  }
}
