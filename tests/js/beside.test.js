import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../assets/lab/difference.js";
import { csvOf, tableOf } from "../../assets/lab/history.js";
import { betterWords, differenceWords, disagreementWords, figuresOf, nameOf } from "../../assets/lab/pair.js";
import { HELD_OUT, TEST } from "../../assets/lab/words.js";

const setup = {
  preset: "fast", epochs: 5, learning_rate: 0.1, hidden_sizes: [128, 64], activation: "relu", optimizer: "momentum",
  batch_size: 64, weight_decay: 0, dropout: 0, augmentation: false, train_size: 55_000, seed: 0, shuffle_labels: false,
};
const run = (id, changes = {}, more = {}) => ({
  id, name: "", setup: { ...setup, ...changes }, changed: {}, started: { measured_on: "validation", parameters: 109_386 },
  loss: 0.1, accuracy: 0.975, test_accuracy: 0.97, seconds: 4, ...more,
});

test("set-ups differ in words, the opened run's first", () => {
  assert.equal(differenceWords(run(2), run(1)), "Run 2 and run 1 were set up alike.");
  assert.equal(differenceWords(run(2, { seed: 3 }), run(1)), "Run 2 and run 1 differ in seed (3 and 0).");
  const other = run(1, { preset: "few", hidden_sizes: [], optimizer: "adam", augmentation: true, train_size: 500 }, { changed: { learning_rate: [0.1, 0.5] } });
  assert.equal(
    differenceWords(run(2), other),
    "Run 2 and run 1 differ in preset (fast and few), learning rate (0.1 and 0.1 → 0.5), hidden layers (128-64 and none), " +
      "optimiser (SGD with momentum and Adam), augmentation (off and on) and training pictures (55,000 and 500).",
  );
  assert.equal(nameOf(run(2, {}, { name: "mine" })), "Run 2, mine");
});

test("the figures of both, on what each was measured", () => {
  const historyOf = (id) => ({ points: id === 2 ? [[1, 2, 0.1, 0], [9, 0.05, 0.99, 3]] : [] });
  const rows = Object.fromEntries(figuresOf([run(2), run(1)], historyOf).map(([what, ...figures]) => [what, figures]));
  assert.deepEqual(rows["Training accuracy"], ["99.00 %", "–"]);
  assert.deepEqual(rows["Held-out accuracy"], ["97.50 %", "97.50 %"]);
  assert.deepEqual(rows["Test accuracy"], ["97.00 %", "97.00 %"]);
  const onTest = run(1, {}, { started: { measured_on: "test" } });
  assert.ok(figuresOf([run(2), onTest], historyOf).some(([what]) => what === "Held-out or test loss"));
  assert.equal(figuresOf([onTest, onTest], historyOf).filter(([what]) => what === "Test accuracy").length, 1);
});

test("the table of who reads what better is explained, unless there is nothing in it", () => {
  const names = ["run 2", "run 1"];
  assert.match(betterWords({ differ: 1 }, names, ", at the moment of the slider,"), /run 2, at the moment of the slider, does better by so many pictures, − \(orange\): run 1 does/);
  assert.equal(betterWords({ differ: 0 }, names, ""), "Neither: they read every digit alike.");
});

test("who does better: more right on the diagonal, fewer mixed up off it", () => {
  const [mine, others] = [Array(100).fill(0), Array(100).fill(0)];
  [mine[0], others[0]] = [7, 5];
  [mine[1], others[1]] = [1, 3];
  [mine[99], others[99]] = [2, 3];
  const better = advantages([mine, others]);
  assert.deepEqual([better[0], better[1], better[99], better[50]], [2, 2, -1, 0]);
});

test("on how many pictures two runs disagree", () => {
  const about = { run: 2, beside: 1, pictures: "held-out", shown: 24 };
  assert.equal(disagreementWords({ differ: 0, count: 5000, alone: [0, 0] }, about), "They agree on all 5,000 held-out pictures compared.");
  const words = "They disagree on 1,200 of 5,000 held-out pictures: run 2 alone is right on 1,000, run 1 alone on 150, neither on 50.";
  assert.equal(disagreementWords({ differ: 1200, count: 5000, alone: [1000, 150] }, about), `${words} The first 24:`);
  assert.equal(disagreementWords({ differ: 24, count: 50, alone: [4, 0] }, about).slice(-14), "neither on 20.");
});

test("the chart's table and file have the run that lies beside it too", () => {
  const chart = (id, measure) => ({ id, measure, points: [[1, 2.3, 0.1, 0.1]], measures: [[2, 1.5, 0.5, 0.25]] });
  assert.deepEqual(tableOf(chart(2, HELD_OUT)), {
    titles: ["Step", "Training loss", "Held-out loss", "Held-out accuracy", "Seconds"],
    rows: [[2, "2.300", "1.500", "50.0 %", "0.3"]],
  });
  const { titles, rows } = tableOf(chart(2, HELD_OUT), chart(1, TEST));
  assert.deepEqual(titles.slice(0, 4), ["Step", "Run", "Training loss", "Held-out or test loss"]);
  assert.deepEqual(rows.map((row) => row.slice(0, 3)), [[2, 2, "2.300"], [2, 1, "2.300"]]);
  assert.equal(csvOf([chart(1, TEST)]), "run,kind,step,loss,accuracy,seconds\n1,training,1,2.3,0.1,0.1\n1,test,2,1.5,0.5,0.25\n");
});
