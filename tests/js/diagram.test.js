import assert from "node:assert/strict";
import { test } from "node:test";
import { edgesOf, into, outOf, pictureOf } from "../../assets/lab/diagram/edges.js";
import { layoutOf, pixelPlace, unitByKey, unitNear } from "../../assets/lab/diagram/layout.js";
import { layerWords, networkWords, unitWords } from "../../assets/lab/diagram/words.js";
import { scaledOf } from "../../assets/shared/bytes.js";
import { inside, spread } from "../../assets/pad/inside.js";
import { Network } from "../../assets/pad/network.js";

// 784-SIZES-10 with weights that differ, as pad/inside.js has it.
function networkOf(hidden, changes = {}) {
  const sizes = [784, ...hidden, 10];
  const matrix = (rows, columns) => Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i) / columns);
  const tensors = { "output.weight": matrix(10, sizes.at(-2)), "output.bias": new Float32Array(10) };
  hidden.forEach((size, i) => {
    tensors[`hidden.${i}.linear.weight`] = matrix(size, sizes[i]);
    tensors[`hidden.${i}.linear.bias`] = new Float32Array(size).fill(0.1);
  });
  const config = { hidden_sizes: hidden, activation: "relu", normalization: "none", mean: 0.1, std: 0.3, temperature: 1, reject_below: 0.5, rejects: false };
  return { tensors, network: new Network({ config: { ...config, ...changes }, tensors }) };
}
const look = (network, more = {}) => inside(network, { image: null, known: null, version: "1", ...more });

test("the units shown are all, or 64 at even distances, the same ones at any time", () => {
  assert.deepEqual(spread(3), [0, 1, 2]);
  assert.equal(spread(64).at(-1), 63);
  assert.deepEqual(spread(128), Array.from({ length: 64 }, (_, i) => 2 * i));
  assert.deepEqual(spread(100).slice(0, 4), [0, 1, 3, 4]);
  assert.deepEqual(spread(1024).slice(-2), [992, 1008]);
});

test("what is inside are the shown units' own weights and what they say", () => {
  const { tensors, network } = networkOf([100, 8]);
  const image = new Uint8Array(784).fill(100);
  const found = look(network, { image });
  assert.deepEqual(found.sizes, [100, 8, 10]);
  const [first, second, last] = found.weights;
  assert.deepEqual(first.subarray(784, 2 * 784), tensors["hidden.0.linear.weight"].subarray(784, 2 * 784));
  assert.equal(second[64 + 2], tensors["hidden.1.linear.weight"][100 + 3]); // from unit 3, the third shown, to unit 1
  assert.deepEqual(last, tensors["output.weight"]);
  network.logits(Float32Array.from(image, (value) => value / 255));
  assert.equal(found.values[0][2], network.layers[0].result[3]);
  assert.deepEqual(found.values.map(({ length }) => length), [64, 8, 10]);
});

test("weights that are known do not travel again, and blank ink says nothing", () => {
  const { network } = networkOf([4]);
  assert.equal("weights" in look(network, { known: "1" }), false);
  assert.equal(look(network).values, null);
});

test("what comes from the server is what it was packed from", () => {
  const data = Buffer.from(Int8Array.from([127, -127, 0, 64]).buffer).toString("base64");
  assert.deepEqual([...scaledOf({ scale: 0.5, data })].map((value) => Math.round(value * 1000)), [500, -500, 0, 252]);
});

const SHAPES = [[10], [8, 11], [64, 64, 10], [64, 64, 64, 64, 11], [1, 33, 10]];

test("whatever the network, all units have a place of their own on the page, wide or narrow", () => {
  for (const counts of SHAPES) {
    for (const width of [300, 358, 559, 560, 776, 1300]) {
      const layout = layoutOf({ counts, width });
      const all = layout.layers.flatMap(({ places, radius }) => places.map(([x, y]) => ({ x, y, radius })));
      assert.equal(all.length, counts.reduce((a, b) => a + b));
      for (const { x, y, radius } of all) {
        assert.ok(x - radius >= 0 && x + radius <= width && y - radius >= 0 && y + radius <= layout.height, `${counts} ${width}`);
        const { input } = layout;
        assert.ok(x - radius > input.x + input.side || y - radius > input.y + input.side);
      }
      all.forEach((one, i) => all.slice(i + 1).forEach((other) => {
        assert.ok(Math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius, `${counts} ${width}`);
      }));
    }
  }
});

test("the unit pointed at is the nearest, and none is where none is near", () => {
  const layout = layoutOf({ counts: [64, 10], width: 800 });
  const [x, y] = layout.layers[0].places[17];
  assert.deepEqual(unitNear(layout, x + 2, y - 1), { layer: 0, index: 17 });
  assert.equal(unitNear(layout, 80, 300), null);
  assert.deepEqual(pixelPlace({ x: 10, y: 20, side: 28 }, 29), [11.5, 21.5]);
});

test("arrow keys go within a layer and between layers, as they lie", () => {
  const wide = layoutOf({ counts: [64, 8, 10], width: 800 });
  const narrow = layoutOf({ counts: [64, 8, 10], width: 350 });
  const go = (layout, keys, unit = null) => keys.reduce((at, key) => unitByKey(key, at, layout), unit);
  assert.deepEqual(go(wide, ["ArrowDown"]), { layer: 0, index: 0 });
  assert.deepEqual(go(wide, ["ArrowUp"], { layer: 0, index: 0 }), { layer: 0, index: 0 });
  assert.deepEqual(go(wide, ["End", "ArrowRight", "ArrowRight", "ArrowRight"], { layer: 0, index: 0 }), { layer: 2, index: 9 });
  assert.deepEqual(go(narrow, ["ArrowRight", "ArrowDown"], { layer: 1, index: 3 }), { layer: 2, index: 5 });
  assert.deepEqual(go(narrow, ["Home", "ArrowUp"], { layer: 1, index: 3 }), { layer: 0, index: 0 });
  assert.equal(unitByKey("Tab", null, wide), null);
});

test("lines are the strongest weights into each unit", () => {
  const found = look(networkOf([5, 128]).network);
  const strongest = into(found, { layer: 1, index: 7 }, 3);
  const row = [...found.weights[1].subarray(35, 40)].sort((a, b) => Math.abs(b) - Math.abs(a));
  assert.deepEqual(strongest.map(({ weight }) => weight), row.slice(0, 3));
  assert.deepEqual(strongest.map(({ from, weight }) => found.weights[1][35 + from] === weight), [true, true, true]);
  assert.deepEqual(edgesOf(found).map(({ length }) => length), [5 * 8, 64 * 2, 10 * 8]);
  const [most] = outOf(found, { layer: 0, index: 2 });
  assert.equal(most.weight, found.weights[1][most.to * 5 + 2]);
  assert.deepEqual(outOf(found, { layer: 2, index: 0 }), []);
  assert.equal(pictureOf(found, { layer: 0, index: 1 }).length, 784);
  assert.equal(pictureOf(found, { layer: 1, index: 1 }), null);
});

test("the words say which network, how much of it is shown, and what a unit does", () => {
  const found = look(networkOf([1024, 64]).network);
  const words = networkWords(found, { isYours: true, lines: 5 });
  assert.match(words, /^Your network: 784 pixels → 1,024 → 64 → 10 digits\. 64 of 1,024 units shown, at even distances\. Lines: .* 5 of 54,912 between those\.$/);
  assert.doesNotMatch(networkWords(look(networkOf([]).network), { isYours: false, lines: 5 }), /shown|none|between those/);
  assert.deepEqual([0, 1, 2].map((layer) => layerWords(found, layer)), [["Hidden 1", "64 of 1,024"], ["Hidden 2", "64 units"], ["Answer", ""]]);
  const values = [Array(64).fill(0.5), [-1.25, ...Array(63).fill(0)], [0.9, ...Array(9).fill(0.1 / 9)]];
  const of = (layer, index, say = values) => unitWords(found, { layer, index }, say);
  assert.match(of(0, 1), /^Hidden layer 1, unit 16\. It says 0\.50 now, .* picture: .* It is heard most by units .* of hidden layer 2\.$/);
  assert.match(of(1, 0), /unit 0\. It says −1\.25 now, where the loudest of hidden layer 2 says 1\.25\. It listens most to units .*\) of those shown in hidden layer 1\. It speaks most (for|against) /);
  assert.match(of(2, 0), /^Answer 0\. It says 90\.0 % now\. It listens most to units .* of hidden layer 2\.$/);
  assert.match(of(0, 0, null), /Draw a digit to hear it/);
  assert.match(of(0, 0, [Array(64).fill(NaN)]), /beyond all numbers/);
});
