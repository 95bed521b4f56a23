import assert from "node:assert/strict";
import { test } from "node:test";
import { FIELDS, addressOf, expectation, faultyField, packInk, parseField, readAddress, unpackInk } from "../../assets/lab/fields.js";

const controls = {
  presets: { fast: {}, few: {} },
  choices: { activation: ["relu", "tanh"], optimizer: ["sgd", "adam"] },
  ranges: {
    epochs: [1, 100], learning_rate: [1e-6, 10], batch_size: [1, 4096],
    weight_decay: [0, 1], dropout: [0, 0.9], train_size: [100, 60_000], seed: [0, 2 ** 31 - 1],
  },
  layers: 3,
  units: 1024,
};
const parse = (name, text) => parseField(name, text, controls);

test("numbers are taken in their range, ends and all", () => {
  assert.equal(parse("epochs", "1"), 1);
  assert.equal(parse("epochs", " 100 "), 100);
  assert.equal(parse("learning_rate", "1e-3"), 0.001);
  assert.equal(parse("dropout", "0.9"), 0.9);
});

test("what is no number, or none in the range, is null", () => {
  for (const text of ["", " ", "0", "101", "1.5", "banana", "NaN", "Infinity", "-1", "1,5"]) {
    assert.equal(parse("epochs", text), null, text);
  }
  assert.equal(parse("dropout", "0.91"), null);
  assert.equal(parse("learning_rate", ""), null);
});

test("only whole numbers where pictures, passes and seeds are counted", () => {
  for (const name of ["epochs", "batch_size", "train_size", "seed"]) {
    assert.equal(parse(name, "150.5"), null, name);
  }
  assert.equal(parse("weight_decay", "0.5"), 0.5);
});

test("layers are read with any of the usual separators", () => {
  for (const text of ["128, 64", "128-64", "128 64", "128;64", "128,64"]) {
    assert.deepEqual(parse("hidden_sizes", text), [128, 64], text);
  }
  assert.deepEqual(parse("hidden_sizes", ""), []);
  for (const text of ["0", "1025", "1,2,3,4", "x", "12.5", "-"]) {
    assert.equal(parse("hidden_sizes", text), null, text);
  }
});

test("choices and presets are what the server offers, and nothing that objects inherit", () => {
  assert.equal(parse("activation", "tanh"), "tanh");
  assert.equal(parse("activation", "gelu"), null);
  assert.equal(parse("preset", "few"), "few");
  assert.equal(parse("preset", "constructor"), null);
});

test("augmentation is 1 or 0", () => {
  assert.equal(parse("augmentation", "1"), true);
  assert.equal(parse("augmentation", "0"), false);
  assert.equal(parse("augmentation", "yes"), null);
});

test("the first field that can't be read is named, with what it expects", () => {
  assert.equal(faultyField({ epochs: 1, seed: 0 }), undefined);
  assert.equal(faultyField({ epochs: 1, dropout: null, seed: null }), "dropout");
  assert.equal(expectation("dropout", "Dropout", controls), "Dropout: a number from 0 to 0.9, please.");
  assert.equal(expectation("train_size", "Training pictures", controls), "Training pictures: a whole number from 100 to 60,000, please.");
  assert.equal(expectation("hidden_sizes", "Hidden layers", controls), "Hidden layers: up to 3 whole numbers from 1 to 1,024, such as 128, 64.");
  assert.equal(expectation("preset", "Start from", controls), "Start from can't be read.");
});

const setup = {
  preset: "few", epochs: 3, learning_rate: 0.01, hidden_sizes: [40, 20], activation: "tanh", optimizer: "sgd",
  batch_size: 32, weight_decay: 0, dropout: 0, augmentation: true, train_size: 500, shuffle_labels: true, seed: 7,
};

test("an address gives back the set-up that made it", () => {
  assert.deepEqual(Object.keys(setup), FIELDS);
  const address = addressOf(setup);
  assert.ok(address.startsWith("#preset=few&epochs=3&rate=0.01&layers=40-20&"));
  assert.deepEqual(readAddress(address, controls), { setup, odd: [], ink: null });
});

test("no hidden layer is a set-up too", () => {
  const linear = { ...setup, hidden_sizes: [] };
  assert.deepEqual(readAddress(addressOf(linear), controls).setup, linear);
});

test("a field that can't be read is left out of the address", () => {
  assert.ok(!addressOf({ ...setup, epochs: null }).includes("epochs"));
});

test("what an address says that is not understood is named, and the rest taken", () => {
  const { setup: read, odd, ink } = readAddress("#epochs=5&layers=9999&colour=red&ink=1.2", controls);
  assert.deepEqual(read, { epochs: 5 });
  assert.deepEqual(odd, ["layers", "colour"]);
  assert.equal(ink, "1.2");
  assert.deepEqual(readAddress("#__proto__=1&toString=2", controls).odd, ["__proto__", "toString"]);
  assert.deepEqual(readAddress("", controls), { setup: {}, odd: [], ink: null });
});

test("ink travels in an address", () => {
  const strokes = [[[280, 220], [480.4, 219.6]], [[5, 5]]];
  assert.equal(packInk(strokes), "280.220_480.220~5.5");
  assert.deepEqual(unpackInk(packInk(strokes)), [[[280, 220], [480, 220]], [[5, 5]]]);
  assert.equal(packInk([]), "");
  assert.ok(addressOf(setup, strokes).endsWith("ink=280.220_480.220%7E5.5"));
});

test("a large drawing is thinned out, its last points stay", () => {
  const stroke = Array.from({ length: 4000 }, (_, i) => [i % 1000, 7]);
  const [thin] = unpackInk(packInk([stroke]));
  assert.ok(thin.length <= 1500);
  assert.deepEqual(thin.at(-1), stroke.at(-1));
});

test("text that is no ink is refused", () => {
  for (const text of ["", "1", "1.2.3", "a.b", "1.2_", "1.2~", "1e9.2", "1.2".repeat(10_000)]) {
    assert.equal(unpackInk(text), null, text.slice(0, 20));
  }
});
