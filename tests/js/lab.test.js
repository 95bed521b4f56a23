import assert from "node:assert/strict";
import { test } from "node:test";
import { ordered } from "../../assets/lab/board.js";
import { Cost, parametersOf, productsOf } from "../../assets/lab/cost.js";
import { EXPERIMENTS } from "../../assets/lab/experiments.js";
import { FIELDS } from "../../assets/lab/fields.js";
import { Runs, ordersOf } from "../../assets/lab/runs.js";
import { News } from "../../assets/lab/status.js";
import { HELD_OUT, TEST, describe, figuresOf, fullWords, isActive, isBare, measureFor, measureOf, momentWords, roomWords, sentence } from "../../assets/lab/words.js";

const setup = {
  preset: "fast", epochs: 5, learning_rate: 0.1, hidden_sizes: [128, 64], activation: "relu", optimizer: "momentum",
  batch_size: 64, weight_decay: 0, dropout: 0, augmentation: false, train_size: 55_000, seed: 0,
};
const run = (more = {}) => ({
  id: 1, status: "running", progress: { epoch: 2, epochs: 5, step: 1234 }, started: { measured_on: "validation" },
  accuracy: 0.9712, test_accuracy: null, resumed_after: null, sentence: "Done in 4 s.", setup, changed: {}, milestones: {}, ...more,
});

test("a run's sentence in every state", () => {
  const words = (status, more = {}, queue = null) => sentence(run({ status, ...more }), queue);
  assert.match(words("resuming"), /interrupted. It goes on by itself from what was last saved.$/);
  assert.match(words("resuming", {}, [2, 30]), /saved: number 2 in the queue, about 30 s/);
  assert.match(words("resuming", {}, [2, null]), /saved: number 2 in the queue\.$/);
  assert.match(words("running", { resumed_after: 1200 }), /right. It was interrupted, and went on after step 1,200.$/);
  assert.match(words("running", { resumed_after: 0 }), /right. It was interrupted, and began again.$/);
  assert.equal(words("waiting"), "Starting.");
  assert.equal(words("waiting", {}, [3, 75]), "All training places are taken: you are number 3 in the queue, about 75 s.");
  assert.equal(words("loading"), "Getting the pictures ready.");
  assert.equal(words("loading", { download_bytes: 2_340_000 }), "Fetching the pictures of MNIST: 2.3 MB so far.");
  assert.equal(words("running"), "Training: epoch 2 of 5, 97.1 % of the held-out pictures right.");
  assert.equal(words("running", { started: { measured_on: "test" } }), "Training: epoch 2 of 5, 97.1 % of the test pictures right.");
  assert.equal(words("paused"), "Paused at step 1,234, epoch 2 of 5.");
  assert.equal(words("stopping"), "Stopped. Measuring what it has learnt.");
  assert.equal(words("done"), "Done in 4 s.");
  assert.equal(words("done", { test_accuracy: 0.98 }), "Done in 4 s. 98.00 % of the 10,000 test pictures are read right.");
});

test("a run's figures, with what is left only while it learns", () => {
  const progress = { step: 1234, loss: 0.12345, images_per_s: 51_234, left_s: 3.21, elapsed_s: 12.6 };
  assert.equal(figuresOf(run({ progress })), "step 1,234 · loss 0.123 · 51.2K pictures a second · 13\u00a0s so far · 3.2\u00a0s left");
  assert.equal(figuresOf(run({ progress, status: "done" })), "step 1,234 · loss 0.123 · 51.2K pictures a second · 13\u00a0s");
  const first = { ...progress, images_per_s: 0 }; // too soon to tell
  assert.equal(figuresOf(run({ progress: first, status: "done" })), "step 1,234 · loss 0.123 · 13\u00a0s");
  assert.match(figuresOf(run({ progress: { ...progress, loss: null } })), /loss –/);
});

test("a set-up in words tells what is unusual, and what was changed on the way", () => {
  const presets = { fast: setup };
  assert.equal(describe(run(), presets), "fast, 128-64, 5 epochs, rate 0.1, batch 64, SGD with momentum");
  assert.match(describe(run({ setup: { ...setup, seed: 3 } }), presets), /^fast, .*, seed 3$/);
  assert.equal(
    describe(run({ setup: { ...setup, activation: "tanh", epochs: 1 } }), presets),
    "own, 128-64, 1 epoch, rate 0.1, batch 64, SGD with momentum, tanh",
  );
  const odd = { ...setup, hidden_sizes: [], augmentation: true, dropout: 0.2, train_size: 500, seed: 7, shuffle_labels: true };
  assert.equal(
    describe(run({ setup: odd, changed: { learning_rate: [0.1, 0.01], weight_decay: [0, 0.001] } }), presets),
    "own, no hidden layer, 5 epochs, rate 0.1 → 0.01, batch 64, SGD with momentum, augmented, labels shuffled, dropout 0.2, decay 0 → 0.001, 500 pictures, seed 7",
  );
});

test("before a run goes, the page says which", () => {
  const runs = [3, 4, 5].map((id) => run({ id }));
  assert.equal(fullWords(runs, 4), "");
  assert.equal(fullWords(runs, 3), " 3 runs are kept: the next one takes the place of run 3.");
});

test("which runs are active", () => {
  assert.deepEqual(["waiting", "loading", "running", "paused", "stopping"].map((status) => isActive({ status })), Array(5).fill(true));
  assert.deepEqual([{ status: "done" }, { status: "failed" }, undefined].map(isActive), [false, false, false]);
});

test("which orders a run takes", () => {
  const on = (status) => Object.entries(ordersOf(status && { status })).filter(([, can]) => can).map(([name]) => name);
  assert.deepEqual(on(undefined), ["step"]);
  assert.deepEqual(on("waiting"), ["stop", "reset"]);
  assert.deepEqual(on("running"), ["pause", "stop", "reset"]);
  assert.deepEqual(on("paused"), ["pause", "step", "stop", "reset"]);
  assert.deepEqual(on("stopping"), ["reset"]);
  assert.deepEqual(on("done"), ["step", "reset"]);
});

test("what measures a run, by what the server says and by what a set-up asks for", () => {
  assert.equal(measureOf(run()), HELD_OUT);
  assert.equal(measureOf(run({ started: { measured_on: "test" } })), TEST);
  assert.equal(measureOf(run({ started: {} })), HELD_OUT);
  assert.equal(measureFor(59_000), HELD_OUT);
  assert.equal(measureFor(59_001), TEST);
});

test("a moment in words", () => {
  assert.equal(momentWords([0, 0, 0.1]).whole, "Before the first step: 10.0 % right. These weights answer for your drawing.");
  assert.equal(momentWords([1500, 2, 0.973]).brief, "after step 1,500, epoch 2, 97.3 % right");
});

test("the sizes of a network give its products and parameters", () => {
  assert.equal(productsOf([784, 10]), 7840);
  assert.equal(parametersOf([784, 10]), 7850);
  assert.equal(parametersOf([784, 128, 64, 10]), 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10);
});

test("a run that took twice as long makes the next estimate twice as long", () => {
  const cost = new Cost();
  const before = cost.estimate(setup, 109_386);
  assert.ok(before > 0);
  cost.learn(setup, 109_386, 2 * before);
  assert.ok(Math.abs(cost.estimate(setup, 109_386) / before - 2) < 1e-9);
  cost.learn(setup, 109_386, 1e9);
  assert.equal(cost.slowness, 20);
  cost.learn(setup, 109_386, 0.4); // too short to tell anything
  assert.equal(cost.slowness, 20);
});

test("augmentation, epochs and pictures cost time", () => {
  const cost = new Cost();
  const usual = cost.estimate(setup, 109_386);
  assert.ok(cost.estimate({ ...setup, augmentation: true }, 109_386) > usual);
  assert.ok(cost.estimate({ ...setup, epochs: 10 }, 109_386) > 1.7 * usual);
  assert.ok(cost.estimate({ ...setup, batch_size: 1 }, 109_386) > usual);
});

test("the board's order, with runs without a value last either way", () => {
  const runs = [run({ id: 1, test_accuracy: 0.9 }), run({ id: 2, test_accuracy: null }), run({ id: 3, test_accuracy: 0.97 })];
  const ids = (column, up) => ordered(runs, column, up).map(({ id }) => id);
  assert.deepEqual(ids("test", true), [1, 3, 2]);
  assert.deepEqual(ids("test", false), [3, 1, 2]);
  assert.deepEqual(ids("number", false), [3, 2, 1]);
  assert.deepEqual(ids("to97", true), [1, 2, 3]);
  assert.deepEqual(runs.map(({ id }) => id), [1, 2, 3]);
});

test("a run's history grows by what is fresh, from where the server says", () => {
  const runs = new Runs();
  assert.equal(runs.known, undefined);
  runs.hear({ runs: [{ id: 1, rewinds: 0 }], fresh: { run: 1, from: [0, 0], points: [[1], [2]], measures: [[1]], losses: [] } });
  assert.deepEqual(runs.known, { run: 1, points: 2, measures: 1, rewinds: 0 });
  runs.hear({ runs: [{ id: 1, rewinds: 0 }], fresh: { run: 1, from: [2, 1], points: [[3]], measures: [], losses: [0.5] } });
  assert.deepEqual(runs.historyOf(1), { points: [[1], [2], [3]], measures: [[1]], losses: [0.5] });
  // An answer that is told twice, or that thinned its points out, adds none double.
  runs.hear({ runs: [{ id: 1, rewinds: 0 }], fresh: { run: 1, from: [1, 0], points: [[2], [3]], measures: [[1]], losses: [0.5] } });
  assert.deepEqual(runs.historyOf(1), { points: [[1], [2], [3]], measures: [[1]], losses: [0.5] });
});

test("whole histories come after a reload, and go with their runs", () => {
  const runs = new Runs();
  const history = { 1: { points: [[1]], measures: [] }, 2: { points: [], measures: [[1]] } };
  runs.hear({ runs: [{ id: 1 }, { id: 2 }], history });
  assert.equal(runs.newest.id, 2);
  assert.deepEqual(runs.historyOf(1), history[1]);
  runs.hear({ runs: [{ id: 2 }] });
  assert.deepEqual(runs.historyOf(1), { points: [], measures: [], losses: [] });
  runs.hear({ runs: [] });
  assert.equal(runs.newest, undefined);
  assert.equal(runs.known, undefined);
});

test("another session's histories are not taken for this one's", () => {
  const runs = new Runs();
  runs.hear({ runs: [{ id: 1 }], history: { 1: { points: [[1]], measures: [] } } });
  runs.forgetHistories();
  assert.equal(runs.known, undefined);
});

test("a training's figures are news every five seconds, another sentence at once", () => {
  const news = new News();
  assert.equal(news.isDue("Training: epoch 1 of 5, 90.0 % right.", 0), true);
  assert.equal(news.isDue("Training: epoch 1 of 5, 91.0 % right.", 4999), false);
  assert.equal(news.isDue("Training: epoch 2 of 5, 92.0 % right.", 5000), true);
  assert.equal(news.isDue("Paused at step 3, epoch 2 of 5.", 5001), true);
  assert.equal(news.isDue("Training: epoch 2 of 5, 92.0 % right.", 5002), true);
});

test("every experiment is said in two sentences and is a set-up that can be trained", () => {
  const fields = new Set(FIELDS);
  const titles = Object.values(EXPERIMENTS).map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
  for (const { before, after, runs } of Object.values(EXPERIMENTS)) {
    for (const words of [before, after]) assert.match(words, /^[A-Z].*\.$/);
    assert.ok(runs.length >= 1 && runs.length <= 8);
    for (const run of runs) for (const name of Object.keys(run)) assert.ok(fields.has(name), name);
  }
});

test("an experiment says beforehand which runs make room for its own", () => {
  assert.equal(roomWords(1, 7, 8), "");
  assert.equal(roomWords(6, 2, 8), " 6 runs, one after the other.");
  assert.equal(roomWords(1, 8, 8), " The oldest run makes room, as 8 are kept.");
  assert.match(roomWords(6, 5, 8), /one after the other\. The oldest 3 runs make room/);
});

test("a run of which only the curves are kept has no moments, and trains no more", () => {
  assert.ok(isBare({ status: "finished", moments: [] }));
  assert.ok(!isBare({ status: "running", moments: [] }));
  assert.ok(!isBare({ status: "finished", moments: [[1, 1, 0.5, 1]] }));
});
