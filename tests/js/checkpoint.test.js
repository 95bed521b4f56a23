import assert from "node:assert/strict";
import test from "node:test";

import { readCheckpoint } from "../../assets/pad/checkpoint.js";
import { modelFile, tinyModel } from "./files.js";

const weights = ["output.weight", "F32", [10, 784], new Float32Array(7840)];

test("half-precision numbers are read exactly", () => {
  const bits = [0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x3555, 0xfbff];
  const bias = ["output.bias", "F16", [10], Uint16Array.from(bits)];
  const numbers = [0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, -65504];
  assert.deepEqual([...readCheckpoint(modelFile({}, [weights, bias])).tensors["output.bias"]], numbers);
});

for (const bits of [0x7c00, 0xfc00, 0x7e00]) {
  test(`the half-precision number ${bits.toString(16)} is refused`, () => {
    const bias = ["output.bias", "F16", [10], new Uint16Array(10).fill(bits)];
    assert.throws(() => readCheckpoint(modelFile({}, [weights, bias])), /finite/);
  });
}

test("tensors may lie at any address", () => {
  const count = ["a", "U8", [3], new Uint8Array(3)];
  const bias = ["output.bias", "F32", [10], new Float32Array(10).fill(7)];
  assert.equal(readCheckpoint(modelFile({}, [count, weights, bias])).tensors["output.bias"][9], 7);
});

for (const [name, changes] of Object.entries({
  "nine layers": { hidden_sizes: Array(9).fill(2) },
  "no whole number of units": { hidden_sizes: [2.5] },
  "an activation of a later version": { activation: "gelu" },
  "an activation that every object has": { activation: "toString" },
  "a field of a later version": { residual: true },
  "no temperature": { temperature: undefined },
  "a temperature of 0": { temperature: 0 },
  "text for a number": { mean: "0.5" },
})) {
  test(`a configuration with ${name} is refused`, () => {
    assert.throws(() => readCheckpoint(tinyModel(changes)), /the model's file: (bad|unknown field)/);
  });
}

test("a file cut anywhere is refused", () => {
  const whole = tinyModel();
  for (const end of [0, 7, 8, 100, 500, 31_000, whole.byteLength - 1]) {
    assert.throws(() => readCheckpoint(whole.slice(0, end)), /the model's file/, `${end} bytes`);
  }
});
