// What a link says beside a set-up and a drawing: how the page opens for a lesson.
import { EXPERIMENTS } from "./experiments.js";
import { FIELDS, namesIn, spelled } from "./fields.js";

// Where a link may open the page, in the order of the page: a tab, or a step of Under the hood.
export const PLACES = {
  train: "Train",
  hood: "Under the hood",
  data: "1 The data",
  stages: "2 From drawing to input",
  scratch: "3 A network from scratch",
  layers: "4 The MLP, layer by layer",
  modules: "5 The same in PyTorch",
  loss: "6 Loss",
  autograd: "7 Autograd",
  sgd: "8 One step of SGD",
  loop: "9 The training loop",
  answer: "10 The answer",
};
export const isStep = (place) => Object.keys(PLACES).indexOf(place) > 1;
export const MOST_LETTERS = { title: 80, sentence: 300 };
// Control characters, halves of surrogates, and what turns the direction of the text after it.
const ODD_LETTERS = /[\p{Cc}\p{Cs}\s\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

// Text from an address as one line that can only be read, of at most so many letters.
export function plain(text, most) {
  const letters = [...text.slice(0, 8 * most).replace(ODD_LETTERS, " ").trim()];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}

// A title or a sentence; cut short, it is odd.
function textOf(key, parameters, odd) {
  const text = parameters.get(key) ?? "";
  if (text.length > MOST_LETTERS[key] && [...text].length > MOST_LETTERS[key]) odd.push(key);
  return plain(text, MOST_LETTERS[key]);
}

// One of `choices`, or null.
function choiceOf(key, choices, parameters, odd) {
  const text = parameters.get(key);
  if (text === null || Object.hasOwn(choices, text)) return text;
  odd.push(key);
  return null;
}

// {field: "show" | "hide" | "lock"}, of those that the address names or means. Where it says what to show,
// the rest is hidden but for what is locked. A field of which it says two things stays as it is.
function framesOf(parameters, odd) {
  const lists = ["show", "hide", "lock"].map((key) => [key, namesIn(parameters.get(key) ?? "", odd)]);
  const [[, shown], [, hidden], [, locked]] = lists;
  const frames = {};
  if (shown.length) for (const name of FIELDS) frames[name] = "hide";
  for (const [key, names] of lists) for (const name of names) frames[name] = key;
  for (const name of hidden.filter((each) => shown.includes(each) || locked.includes(each))) {
    odd.push(`hide=${spelled(name)}`);
    delete frames[name];
  }
  return frames;
}

// {title, sentence, open, experiment, frames, odd: the parts that were not understood}
export function readLesson(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const odd = [];
  return {
    title: textOf("title", parameters, odd),
    sentence: textOf("sentence", parameters, odd),
    open: choiceOf("open", PLACES, parameters, odd),
    experiment: choiceOf("experiment", EXPERIMENTS, parameters, odd),
    frames: framesOf(parameters, odd),
    odd,
  };
}

// A lesson as an address has it after the set-up: "&title=…", or nothing.
export function lessonAddress({ title, sentence, open, experiment, frames = {} }) {
  const named = (state) => FIELDS.filter((name) => frames[name] === state).map(spelled).join("-");
  const lists = Object.fromEntries(["show", "hide", "lock"].map((state) => [state, named(state)]));
  if (lists.show) lists.hide = ""; // goes without saying
  const parts = Object.entries({ title, sentence, open, experiment, ...lists }).filter(([, text]) => text);
  return parts.length ? `&${new URLSearchParams(parts)}` : "";
}
