import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AGAINST, FOR, grey, legibleOn, mixed, packed, shade, signedColour } from "../../assets/shared/colours.js";
import { cellColour } from "../../assets/lab/matrix.js";
import { stretched } from "../../assets/lab/weights.js";

test("a packed colour lies in memory as red, green, blue and opaque", () => {
  const pixels = Uint32Array.of(packed([1, 2, 3]), grey(200));
  assert.deepEqual([...new Uint8Array(pixels.buffer)], [1, 2, 3, 255, 200, 200, 200, 255]);
});

test("signed colours go from one end over the dark ground to the other", () => {
  assert.deepEqual(signedColour(127), FOR);
  assert.deepEqual(signedColour(-127), AGAINST);
  assert.deepEqual(signedColour(0), [17, 17, 17]);
  assert.deepEqual(signedColour(0, 255), [79, 79, 79]);
  assert.deepEqual(signedColour(127, 255), FOR);
});

test("the shades made beforehand are the same colours", () => {
  for (let value = -127; value <= 127; value++) assert.equal(shade(value), packed(signedColour(value)));
});

test("the legends have the pictures' colours", () => {
  const css = readFileSync(new URL("../../assets/shared/page.css", import.meta.url), "utf8");
  assert.ok(css.includes(`--page-for: rgb(${FOR.join(" ")});`));
  assert.ok(css.includes(`--page-against: rgb(${AGAINST.join(" ")});`));
});

// WCAG 2's contrast ratio, worked out in another way than the page does.
function contrast(first, second) {
  const light = (colour) =>
    colour.map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const [low, high] = [light(first), light(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test("text is legible on every colour", () => {
  const texts = { "#000": [0, 0, 0], "#fff": [255, 255, 255] };
  for (let red = 0; red < 256; red += 15)
    for (let green = 0; green < 256; green += 15)
      for (let blue = 0; blue < 256; blue += 15) {
        const colour = [red, green, blue];
        assert.ok(contrast(texts[legibleOn(colour)], colour) >= 4.5, colour.join());
      }
});

test("colours are mixed by their share", () => {
  assert.deepEqual(mixed([255, 0, 100], [0, 0, 0], 0.5), [128, 0, 50]);
  assert.deepEqual(mixed([255, 0, 100], [9, 9, 9], 0), [9, 9, 9]);
});

test("a cell of the matrix is the stronger, the larger its share of its row", () => {
  const counts = Array(100).fill(0);
  counts.splice(0, 3, 90, 5, 5); // zeros: 90 right, 5 taken for 1 and for 2
  counts[11] = 1;
  const white = [255, 255, 255];
  const strength = (index) => 255 - Math.min(...cellColour(counts, index, white));
  assert.ok(strength(11) > strength(0));
  assert.deepEqual(cellColour(counts, 1, white), cellColour(counts, 2, white));
  assert.deepEqual(cellColour(counts, 11, white), mixed([79, 70, 229], white, 0.83));
  assert.deepEqual(cellColour(counts, 55, white), mixed([79, 70, 229], white, 0.08));
  const [red, , blue] = cellColour(counts, 1, white);
  assert.ok(red > blue); // orange: a mistake
});

test("weights are stretched to the whole scale, zeros stay zeros", () => {
  assert.deepEqual([...stretched(Int8Array.of(2, -4, 0))], [64, -127, 0]);
  assert.deepEqual([...stretched(Int8Array.of(0, 0))], [0, 0]);
  assert.deepEqual([...stretched(Int8Array.of(127, -127))], [127, -127]);
});
