import assert from "node:assert/strict";
import test from "node:test";

import { Network } from "../../assets/pad/network.js";
import { tinyModel } from "./files.js";

const image = new Float32Array(784);
image[0] = 1;

test("probabilities are the softmax of the logits", () => {
  const { probabilities, likeness, digit } = Network.from(tinyModel()).answer(image);
  assert.ok(Math.abs(probabilities[1] - Math.exp(5) / (Math.exp(5) + 9)) < 1e-6);
  assert.ok(Math.abs(probabilities.reduce((sum, each) => sum + each) - 1) < 1e-6);
  assert.equal(likeness, 1); // it can't tell
  assert.equal(digit, 1);
});

test("temperature divides the logits", () => {
  const { probabilities } = Network.from(tinyModel({ temperature: 2 })).answer(image);
  assert.ok(Math.abs(probabilities[1] - Math.exp(2.5) / (Math.exp(2.5) + 9)) < 1e-6);
});

test("blank pixels count where the mean is not 0", () => {
  const { probabilities } = Network.from(tinyModel({ mean: 0.5, std: 0.5 })).answer(image);
  // Pixel 0 becomes 1, all others -1.
  assert.ok(Math.abs(probabilities[9] / probabilities[0] - Math.exp(-5)) < 1e-6);
  assert.ok(Math.abs(probabilities[1] / probabilities[0] - Math.exp(5)) < 1e-3);
});

test("an answer leaves nothing behind", () => {
  const network = Network.from(tinyModel());
  const first = network.answer(image);
  network.answer(new Float32Array(784).fill(1));
  assert.deepEqual(network.answer(image), first);
});
