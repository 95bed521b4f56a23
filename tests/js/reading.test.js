import assert from "node:assert/strict";
import { AXES } from "../../assets/lab/axes.js";
import { test } from "node:test";

globalThis.window ??= new EventTarget();
const { readingWords } = await import("../../assets/hood/input.js");
const { layerWords, unitWords } = await import("../../assets/hood/layers.js");
const { parseField } = await import("../../assets/lab/fields.js");
const { progressWords } = await import("../../assets/lab/progress.js");
const { scalesOf } = await import("../../assets/lab/scales.js");

const controls = {
  presets: {}, choices: {}, units: 4096, layers: 8,
  ranges: { learning_rate: [1e-6, 10], epochs: [1, 100], train_size: [100, 60_000] },
};
const parse = (name, text) => parseField(name, text, controls);

test("a number is read with a comma or a point", () => {
  for (const text of ["0,01", "0.01", ",01", "1e-2", "1,0e-2", " 0,010 ", "０，０１"]) {
    assert.equal(parse("learning_rate", text), 0.01, text);
  }
});

test("thousands are read as they are written, and no fraction is taken for them", () => {
  for (const text of ["60000", "60,000", "60.000", "60 000", "60’000"]) {
    assert.equal(parse("train_size", text), 60_000, text);
  }
  assert.equal(parse("epochs", "1,5"), null);
  assert.equal(parse("learning_rate", "0,001"), 0.001);
});

test("what is no number is not read", () => {
  for (const text of ["", "one", "0x10", "1,2,3", "1.2.3", "--1", "1e", "Infinity", "0,01 or so"]) {
    assert.equal(parse("learning_rate", text), null, text);
  }
});

test("a unit is silent only where it passes on next to nothing", () => {
  const at = { layer: 0, unit: 3 };
  assert.equal(unitWords({ sum: -2.1, output: 0 }, at, "relu"), "Hidden layer 1, unit 3: sum −2.10, is silent, passes on 0.00.");
  assert.equal(unitWords({ sum: 2.1, output: 2.1 }, at, "relu"), "Hidden layer 1, unit 3: sum 2.10, fires, passes on 2.10.");
  assert.equal(unitWords({ sum: -9, output: -1 }, at, "tanh"), "Hidden layer 1, unit 3: sum −9.00, passes on −1.00.");
  assert.equal(unitWords({ sum: -0.3, output: 0.43 }, at, "sigmoid"), "Hidden layer 1, unit 3: sum −0.30, passes on 0.43.");
  assert.match(unitWords({ sum: -9, output: 0.0001 }, at, "sigmoid"), /is silent/);
  assert.match(unitWords({ sum: 0.01, output: 0.01 }, at, "tanh"), /is silent/);
});

test("a layer's title says what its units do", () => {
  const layer = { fired: 20, largest: 0.98 };
  assert.match(layerWords(layer, 1, 64, "relu"), /^Hidden layer 2: 20 of 64 units fire, /);
  assert.doesNotMatch(layerWords(layer, 1, 64, "tanh"), /fire/);
});

test("step 1 names the numbers of the model that answers", () => {
  const own = readingWords({ mean: 0.1307, std: 0.3081, batch_size: 256 });
  assert.match(own, /Normalize\(0\.1307, 0\.3081\) moves them to −0\.42 to 2\.82, and it learnt from batches of 256\./);
  assert.match(own, /The notebook has Normalize\(0\.5, 0\.5\) and batches of 64/);
  assert.match(readingWords({ mean: 0.5, std: 0.5, batch_size: 64 }), /to −1 to 1, .* batches of 64, as in the notebook\.$/);
  assert.doesNotMatch(readingWords({ mean: 0.5, std: 0.5, batch_size: null }), /learnt/);
});

test("a loss above the scale is told", () => {
  const run = (points) => ({ id: 1, active: false, points, measures: [[0, 2.3, 0.1], [50, 5, 0.1], [100, 9, 0.1]] });
  const { loss } = scalesOf([run([[0, 2.3], [60, 37.5]])], AXES.steps);
  assert.ok(loss.high < 5);
  assert.equal(loss.over, 37.5);
  const calm = { id: 1, active: false, points: [[0, 0.3], [100, 0.3]], measures: [[0, 0.3, 0.9], [100, 0.3, 0.9]] };
  assert.equal(scalesOf([calm], AXES.steps).loss.over, null);
});

test("a progress bar without a training says so", () => {
  assert.equal(progressWords(undefined, 0), "no training");
  assert.equal(progressWords({ status: "running" }, 40), "40 %");
  assert.equal(progressWords({ status: "done" }, 40), "ended at 40 %");
});
