// The laboratory in words: a run's sentence, figures and set-up, and how numbers are written.
const WORDS = {
  relu: "ReLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
  sgd: "SGD",
  momentum: "SGD with momentum",
  adam: "Adam",
};

function sentence(run, queue) {
  const { epoch, epochs } = run.progress;
  const measured = measuredOn(run);
  switch (run.status) {
    case "waiting":
      return queue ? `All training places are taken: you are number ${queue[0]} in the queue, about ${seconds(queue[1])}.` : "Starting.";
    case "loading":
      return run.download_bytes ? `Fetching the pictures of MNIST: ${(run.download_bytes / 1e6).toFixed(1)} MB so far.` : "Getting the pictures ready.";
    case "running":
      return `Training: epoch ${epoch} of ${epochs}, ${percent(run.accuracy)} of the ${measured} right.`;
    case "paused":
      return `Paused at step ${run.progress.step}, epoch ${epoch} of ${epochs}.`;
    case "stopping":
      return "Stopped. Measuring what it has learnt.";
    default:
      return run.test_accuracy === null ? run.sentence : `${run.sentence} ${percent(run.test_accuracy, 2)} of the 10,000 test pictures are read right.`;
  }
}

function figuresOf(run) {
  const { step, loss, images_per_s: speed, left_s: left, elapsed_s: elapsed } = run.progress;
  const parts = [`step ${step.toLocaleString("en")}`, `loss ${loss === null ? "–" : loss.toFixed(3)}`, `${compact(speed)} pictures a second`, `${seconds(elapsed)}${isActive(run) ? " so far" : ""}`];
  if (left && isActive(run)) parts.push(`${seconds(left)} left`);
  return parts.join(" · ");
}

function isActive(run) {
  return ["waiting", "loading", "running", "paused", "stopping"].includes(run?.status);
}

function measuredOn(run) {
  return run.started.measured_on === "test" ? "test pictures" : "held-out pictures";
}

// A setting that changed on the way is told with all its values.
function describe({ setup, changed }) {
  const value = (name) => (changed[name] ?? [setup[name]]).join(" → ");
  const parts = [setup.preset, setup.hidden_sizes.join("-") || "no hidden layer", `rate ${value("learning_rate")}`, `batch ${value("batch_size")}`, WORDS[setup.optimizer]];
  if (setup.augmentation) parts.push("augmented");
  if (setup.dropout || changed.dropout) parts.push(`dropout ${value("dropout")}`);
  if (setup.weight_decay || changed.weight_decay) parts.push(`decay ${value("weight_decay")}`);
  if (setup.train_size < 55_000) parts.push(`${setup.train_size} pictures`);
  if (setup.seed) parts.push(`seed ${setup.seed}`);
  return parts.join(", ");
}

function compact(value) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

function seconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 90) return `${Math.round(value)} s`;
  return `${Math.round(value / 60)} min`;
}

function percent(fraction, digits = 1) {
  return Number.isFinite(fraction) && fraction !== null ? `${(100 * fraction).toFixed(digits)} %` : "–";
}
