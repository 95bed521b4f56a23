// Two runs side by side, in words and figures.
import { grouped, percent, seconds } from "../shared/numbers.js";
import { FIELDS } from "./fields.js";
import { WORDS, listed, measureOf, measuresOf } from "./words.js";

const NAMES = { hidden_sizes: "hidden layers", optimizer: "optimiser", train_size: "training pictures", shuffle_labels: "shuffled labels" };
const SWITCH = { true: "on", false: "off" };

export const nameOf = ({ id, name }) => (name ? `Run ${id}, ${name}` : `Run ${id}`);

function valueWords(value) {
  if (Array.isArray(value)) return value.join("-") || "none";
  if (Number.isInteger(value)) return grouped(value);
  return WORDS[value] ?? SWITCH[value] ?? String(value);
}

// A setting that changed on the way is told with all its values.
const settingOf = ({ setup, changed }, field) => (changed[field] ?? [setup[field]]).map(valueWords).join(" → ");

// How the set-ups of two runs differ, the opened one's first.
export function differenceWords(run, beside) {
  const both = `Run ${run.id} and run ${beside.id}`;
  const differing = FIELDS.map((field) => [NAMES[field] ?? field.replace("_", " "), settingOf(run, field), settingOf(beside, field)])
    .filter(([, its, others]) => its !== others)
    .map(([name, its, others]) => `${name} (${its} and ${others})`);
  return differing.length ? `${both} differ in ${listed(differing)}.` : `${both} were set up alike.`;
}

const loss = (value) => value?.toFixed(3) ?? "–";

// Rows of [what, the opened run's, the other's]; historyOf: of a run's id.
export function figuresOf(runs, historyOf) {
  const title = measuresOf(runs.map(measureOf));
  const last = ({ id }) => historyOf(id).points.at(-1) ?? [];
  const rows = {
    "Training loss": (run) => loss(last(run)[1]),
    [`${title} loss`]: (run) => loss(run.loss),
    "Training accuracy": (run) => percent(last(run)[2], 2),
    [`${title} accuracy`]: (run) => percent(run.accuracy, 2),
    ...(title !== "Test" && { "Test accuracy": (run) => percent(run.test_accuracy, 2) }),
    Parameters: ({ started }) => (started.parameters ? grouped(started.parameters) : "–"),
    Time: (run) => seconds(run.seconds),
  };
  return Object.entries(rows).map(([what, figure]) => [what, ...runs.map(figure)]);
}

// What the table of who reads what better tells; when: of the first, where it is an earlier moment's.
export function betterWords({ differ }, [mine, others], when) {
  if (!differ) return "Neither: they read every digit alike.";
  return (
    `A row is the digit that was written, a column the answer. + (indigo): ${mine}${when} does better by so many pictures, ` +
    `− (orange): ${others} does. Better is more read right on the diagonal, and fewer mixed up off it.`
  );
}

// On how many pictures they disagree, and who is right there.
export function disagreementWords({ differ, count, alone }, { run, beside, pictures, shown }) {
  if (!differ) return `They agree on all ${grouped(count)} ${pictures} pictures compared.`;
  const neither = differ - alone[0] - alone[1];
  const few = shown < differ ? ` The first ${shown}:` : "";
  return (
    `They disagree on ${grouped(differ)} of ${grouped(count)} ${pictures} pictures: run ${run} alone is right on ${grouped(alone[0])}, ` +
    `run ${beside} alone on ${grouped(alone[1])}, neither on ${grouped(neither)}.${few}`
  );
}

// A picture on which they disagree: what it is, and of each run its name and the digit that it said.
export const disagreedCaption = ({ truth, said }) => ({
  parts: [truth, ...said.map(({ digit }) => (digit === truth ? `${digit} ✓` : digit))].map(String),
  whole: `A ${truth}: ${said.map(({ name, digit }) => `${name} says ${digit}`).join(", ")}`,
  isWrong: false,
});
