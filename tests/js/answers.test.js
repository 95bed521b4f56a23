import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, picturesIn, readingCaption, sorted } from "../../assets/lab/answers.js";
import { base64Of } from "../../assets/shared/bytes.js";
import { HELD_OUT } from "../../assets/lab/words.js";

// 3 read as 3, 5 as 3, 5 as 5, 0 as 8; the last of them surest.
const ANSWER = {
  cells: base64Of(Uint8Array.of(33, 53, 55, 8)),
  sure: base64Of(new Uint8Array(Uint16Array.of(60_000, 30_000, 20_000, 65_535).buffer)),
  stride: 2, step: 1200, total: 8,
};
const pictures = picturesIn(ANSWER);
const places = (choices) => sorted(pictures, { which: "all", digit: "", order: "set", ...choices }).map(({ at }) => at);

test("the server's answer is read picture by picture", () => {
  assert.deepEqual(pictures[1], { at: 2, truth: 5, guess: 3, sure: 30_000 / 65_535 });
  assert.deepEqual(pictures[3], { at: 6, truth: 0, guess: 8, sure: 1 });
});

test("pictures are chosen, and sorted by how sure the answer was", () => {
  assert.deepEqual(places({}), [0, 2, 4, 6]);
  assert.deepEqual(places({ order: "unsure" }), [4, 2, 0, 6]);
  assert.deepEqual(places({ order: "sure" }), [6, 0, 2, 4]);
  assert.deepEqual(places({ order: "wrong" }), [6, 2, 4, 0]);
  assert.deepEqual(places({ which: "wrong" }), [2, 6]);
  assert.deepEqual(places({ digit: "5" }), [2, 4]);
  assert.deepEqual(places({ digit: "5", which: "wrong" }), [2]);
});

test("right and wrong are told in words, and that not all pictures were measured", () => {
  const right = { parts: ["3 ✓", "91.6 %"], whole: "A 3, read right, 91.6 % sure", isWrong: false };
  assert.deepEqual(readingCaption(pictures[0]), right);
  assert.deepEqual(readingCaption({ truth: 5, guess: 3 }), { parts: ["5 ✗ 3", ""], whole: "A 5, but read as 3", isWrong: true });
  const told = countOf(pictures, ANSWER, HELD_OUT);
  assert.equal(
    told,
    "After step 1,200: 2 of 4 held-out pictures right; 2 wrong. They are one in 2 of all 8, as this network is large.",
  );
  assert.ok(countOf(pictures, { ...ANSWER, stride: 1 }, HELD_OUT).endsWith("2 wrong."));
});
