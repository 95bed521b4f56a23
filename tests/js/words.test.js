import assert from "node:assert/strict";
import test from "node:test";

import { words } from "../../assets/pad/words.js";

const of = (changes) => Float32Array.from({ length: 10 }, (_, digit) => changes[digit] ?? 0.01);

for (const [said, answer] of Object.entries({
  "draw a digit": { blank: true, digit: null, probabilities: of({}) },
  "not a digit": { blank: false, digit: null, probabilities: of({ 3: 0.9 }) },
  3: { blank: false, digit: 3, probabilities: of({ 3: 0.7 }) },
  "not sure: 1 or 7": { blank: false, digit: 7, probabilities: of({ 7: 0.6, 1: 0.3 }) },
  "not sure": { blank: false, digit: 7, probabilities: of({ 7: 0.3, 1: 0.19 }) },
})) {
  test(`says “${said}”`, () => assert.equal(words(answer), said));
}
