// What the field's words mean, told where they stand: on hover, on focus and on a tap.
import { make } from "./draw.js";

export const TERMS = {
  Epochs: "An epoch is one pass over all training pictures. More epochs learn more, up to a point.",
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
  "kept aside": "Held-out pictures never train. How many of them are read right tells what the network makes of digits that it has not seen.",
  "held-out": "Held-out pictures never train. How many of them are read right tells what the network makes of digits that it has not seen.",
  "test pictures": "MNIST's own 10,000 pictures to measure on. They never train either.",
  loss: "How wrong its answers are: minus the logarithm of the probability that the right digit got. Learning makes it smaller.",
};
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

// A word that can be asked for its meaning. Not a button of its own: a label would stand for it.
export function termOf(name, text = name) {
  const term = make("span", { className: "term", tabIndex: 0, role: "button", textContent: text, data: { term: name } });
  term.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && show(term));
  term.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && document.activeElement !== term && hide());
  term.addEventListener("focus", () => show(term));
  term.addEventListener("blur", hide);
  term.addEventListener("click", (event) => {
    event.preventDefault(); // the field that the label is of keeps to itself
    show(term);
  });
  return term;
}

// `text` in pieces, where those that are terms are [term, as written].
export function piecesOf(text) {
  const known = new RegExp(`\\b(${Object.keys(TERMS).join("|")})\\b`, "i");
  const named = (word) => Object.keys(TERMS).find((name) => name.toLowerCase() === word.toLowerCase());
  return text.split(known).filter(Boolean).map((piece) => (named(piece) ? [named(piece), piece] : piece));
}

// Writes a text whose terms can be asked for; the same text again leaves the focus where it is.
export function writeWithTerms(node, text) {
  if (node.textContent === text) return;
  node.replaceChildren(...piecesOf(text).map((piece) => (typeof piece === "string" ? piece : termOf(...piece))));
}

// Makes terms of what `selector` finds in `root` and marks with data-term.
export function explainTerms(root) {
  for (const node of root.querySelectorAll("[data-term]:not(.term)")) {
    node.replaceWith(termOf(node.dataset.term, node.textContent));
  }
}
