// The laboratory in words: a run's sentence, figures and set-up.
import { compact, grouped, percent, seconds } from "../shared/numbers.js";

export const WORDS = {
  relu: "ReLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
  sgd: "SGD",
  momentum: "SGD with momentum",
  adam: "Adam",
};
export const AWAY = "The server is out of reach for the moment. Please try again.";

// "a, b and c".
export const listed = (parts) => (parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join(""));

const ALL_BUT_HELD_OUT = 55_000; // training pictures

// What measures a run: pictures held out of its training, or where too few are left, the test's.
export const TEST = { name: "test", title: "Test", promise: "the 10,000 test pictures" };
export const HELD_OUT = { name: "held-out", title: "Held-out", promise: "5,000 pictures kept aside" };
const MOST_TRAINING = 59_000; // pictures, for any to be held out
export const measureOf = (run) => (run.started.measured_on === "test" ? TEST : HELD_OUT);
// "Held-out", or where runs are measured on either, "Held-out or test".
export function measuresOf(measures) {
  const [first, ...others] = new Set(measures);
  return [first.title, ...others.map(({ name }) => name)].join(" or ");
}
export const measureFor = (size) => (size > MOST_TRAINING ? TEST : HELD_OUT);

const ACTIVE = ["waiting", "loading", "running", "paused", "resuming", "stopping"];
export const isActive = (run) => ACTIVE.includes(run?.status);

const SENTENCES = {
  waiting: (run, queue) => (queue ? `All training places are taken: you are ${placeIn(queue)}.` : "Starting."),
  loading: ({ download_bytes: bytes }) =>
    bytes ? `Fetching the pictures of MNIST: ${(bytes / 1e6).toFixed(1)} MB so far.` : "Getting the pictures ready.",
  running: (run) => {
    const { epoch, epochs } = run.progress;
    return `Training: epoch ${epoch} of ${epochs}, ${percent(run.accuracy)} of the ${measureOf(run).name} pictures right.${resumption(run)}`;
  },
  paused: ({ progress }) => `Paused at step ${grouped(progress.step)}, epoch ${progress.epoch} of ${progress.epochs}.`,
  resuming: (run, queue) =>
    `The training was interrupted. It goes on by itself from what was last saved${queue ? `: ${placeIn(queue)}` : ""}.`,
  stopping: () => "Stopped. Measuring what it has learnt.",
};

export function sentence(run, queue) {
  if (isActive(run)) return SENTENCES[run.status](run, queue);
  return run.test_accuracy === null ? run.sentence : `${run.sentence} ${percent(run.test_accuracy, 2)} of the 10,000 test pictures are read right.`;
}

const placeIn = ([place, wait]) => `number ${place} in the queue${wait === null ? "" : `, about ${seconds(wait)}`}`;

// Where its computer dropped out and another one took it up.
function resumption({ resumed_after: step }) {
  if (step === null) return "";
  return step ? ` It was interrupted, and went on after step ${grouped(step)}.` : " It was interrupted, and began again.";
}

// A number and its unit, which a narrow screen must not part.
const onOneLine = (words) => words.replace(" ", "\u00a0");

export function figuresOf(run) {
  const { step, loss, images_per_s: speed, left_s: left, elapsed_s: elapsed } = run.progress;
  const active = isActive(run);
  const parts = [
    `step ${grouped(step)}`,
    `loss ${loss === null ? "–" : loss.toFixed(3)}`,
    ...(speed ? [`${compact(speed)} pictures a second`] : []),
    `${onOneLine(seconds(elapsed))}${active ? " so far" : ""}`,
  ];
  if (left && active) parts.push(`${onOneLine(seconds(left))} left`);
  return parts.join(" · ");
}

// What the next run takes the place of, where `most` are kept.
export const fullWords = (runs, most) =>
  runs.length < most ? "" : ` ${runs.length} runs are kept: the next one takes the place of run ${runs[0].id}.`;

// The same before so many runs more.
export function roomWords(count, kept, most) {
  const going = Math.max(0, kept + count - most);
  const runs = count > 1 ? ` ${count} runs, one after the other.` : "";
  if (!going) return runs;
  return `${runs} The oldest ${going === 1 ? "run makes" : `${going} runs make`} room, as ${most} are kept.`;
}

// Whether of a run no more is kept than its curves and figures.
export const isBare = (run) => !isActive(run) && !run.moments.length;

// Whether a set-up is its preset's, but for the seed.
function isPreset(setup, preset) {
  const text = (each) => JSON.stringify(Object.entries({ ...each, seed: 0 }).sort());
  return preset !== undefined && text(setup) === text(preset);
}

// What is told of a set-up only where it is unusual: [whether it is, its words].
const UNUSUAL = [
  [({ hidden_sizes: sizes, activation }) => sizes.length > 0 && activation !== "relu", ({ activation }) => WORDS[activation]],
  [({ augmentation }) => augmentation, () => "augmented"],
  [({ shuffle_labels: shuffled }) => shuffled, () => "labels shuffled"],
  [({ dropout }, changed) => dropout || changed.dropout, (_, value) => `dropout ${value("dropout")}`],
  [({ weight_decay: decay }, changed) => decay || changed.weight_decay, (_, value) => `decay ${value("weight_decay")}`],
  [({ train_size: size }) => size < ALL_BUT_HELD_OUT, ({ train_size: size }) => `${size} pictures`],
  [({ seed }) => seed, ({ seed }) => `seed ${seed}`],
];

// A setting that changed on the way is told with all its values. A set-up that is no preset's is one's own.
export function describe({ setup, changed }, presets) {
  const value = (name) => (changed[name] ?? [setup[name]]).join(" → ");
  return [
    isPreset(setup, presets[setup.preset]) ? setup.preset : "own",
    setup.hidden_sizes.join("-") || "no hidden layer",
    `${setup.epochs} epoch${setup.epochs === 1 ? "" : "s"}`,
    `rate ${value("learning_rate")}`,
    `batch ${value("batch_size")}`,
    WORDS[setup.optimizer],
    ...UNUSUAL.filter(([is]) => is(setup, changed)).map(([, words]) => words(setup, value)),
  ].join(", ");
}

// A kept moment of a run, [step, epoch, accuracy], where the slider stands.
export function momentWords([step, epoch, accuracy]) {
  const when = step ? `after step ${grouped(step)}, epoch ${epoch}` : "before the first step";
  const right = `${percent(accuracy)} right`;
  return {
    brief: `${when}, ${right}`,
    whole: `${when[0].toUpperCase()}${when.slice(1)}: ${right}. These weights answer for your drawing.`,
  };
}
