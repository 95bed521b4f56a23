import assert from "node:assert/strict";
import test from "node:test";

import { words, wordsOf } from "../../assets/pad/words.js";

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

test("says a number, and which two it might be", () => {
  const digit = (digit, changes) => ({ digit, probabilities: of(changes) });
  const [four, close, none] = [digit(4, { 4: 0.9 }), digit(7, { 7: 0.6, 2: 0.3 }), digit(null, { 4: 0.9 })];
  assert.equal(wordsOf([four, four]), "44");
  assert.equal(wordsOf([four, close]), "not sure: 42 or 47");
  assert.equal(wordsOf([close, close]), "not sure");
  assert.equal(wordsOf([four, none]), "not a number");
});
