import assert from "node:assert/strict";
import { test } from "node:test";
import { AXES, along } from "../../assets/lab/axes.js";
import { colourOf, niceTicks, scalesOf } from "../../assets/lab/scales.js";

// Along the steps.
const scaled = (runs) => scalesOf(runs.map((each) => along(each, AXES.steps)), AXES.steps);
const run = (measures, more = {}) => ({ active: false, total: 0, points: [], measures, ...more });

test("ticks are few, even and end within the scale", () => {
  assert.deepEqual(niceTicks(0.25), [0, 0.05, 0.1, 0.15, 0.2, 0.25]);
  assert.deepEqual(niceTicks(4), [0, 1, 2, 3, 4]);
  for (const high of [0.2, 0.3, 0.77, 1.5, 2.3, 4, 11]) {
    const ticks = niceTicks(high);
    assert.ok(ticks.length >= 2 && ticks.length <= 8, String(high));
    assert.ok(ticks.at(-1) <= high + 1e-9);
  }
});

test("an active run's axis holds all its steps, an ended one's those that it took", () => {
  const measures = [[100, 0.5, 0.8, 1]];
  assert.equal(scaled([run(measures, { active: true, total: 900 })]).total, 900);
  assert.equal(scaled([run(measures, { total: 900 })]).total, 100);
  assert.equal(scaled([run([[5, 0.5, 0.8, 1]])]).total, 20);
  assert.equal(scaled([run(measures, { points: [[150, 0.4]] })]).total, 150);
});

test("an earlier run that was longer is shown whole", () => {
  assert.equal(scaled([run([[700, 0.3, 0.9, 1]]), run([[100, 0.5, 0.8, 1]])]).total, 700);
});

test("the loss of the first steps does not flatten what comes after", () => {
  const { loss } = scaled([run([[0, 2.3, 0.1, 0], [40, 1.9, 0.3, 0], [500, 0.5, 0.85, 1], [1000, 0.4, 0.9, 2]])]);
  assert.ok(Math.abs(loss.high - 0.575) < 1e-9);
  assert.equal(loss.low, 0);
});

test("the run that it is about is seen, however short, and so is the one beside it", () => {
  const long = [[500, 0.5, 0.95, 1], [1000, 0.4, 0.97, 2]];
  const short = [[10, 2, 0.3, 0]];
  const seen = ({ loss, accuracy }) => accuracy.low === 0 && loss.high > 2;
  assert.ok(seen(scaled([run(long), run(short)])));
  assert.ok(seen(scaled([run(short, { isBeside: true }), run(long)])));
  assert.ok(!seen(scaled([run(short), run(long)])));
  // Of one that has only begun, more is to come.
  assert.ok(!seen(scaled([run(long), run(short, { active: true })])));
  assert.ok(seen(scaled([run(long, { isBeside: true }), run(short, { active: true })])));
});

test("losses that explode or are missing leave a scale", () => {
  assert.equal(scaled([run([[0, 2.3, 0.1, 0], [100, 1e9, 0.1, 1]])]).loss.high, 4);
  assert.ok(Math.abs(scaled([run([[0, null, null, 0]])]).loss.high - 0.23) < 1e-9);
  assert.ok(Number.isFinite(scaled([run([])]).loss.high));
});

test("the accuracy's axis begins where all of it is seen", () => {
  const low = (accuracy) => scaled([run([[100, 0.5, accuracy, 1]])]).accuracy.low;
  assert.deepEqual([0.95, 0.85, 0.6, 0.2].map(low), [0.9, 0.8, 0.5, 0]);
  const { ticks } = scaled([run([[100, 0.5, 0.6, 1]])]).accuracy;
  assert.deepEqual(ticks, [0.5, 0.625, 0.75, 0.875, 1]);
});

test("runs that follow one another have colours of their own", () => {
  const colours = new Set(Array.from({ length: 20 }, (_, id) => colourOf(id)));
  assert.equal(colours.size, 20);
});

test("a run is laid along steps, epochs or seconds", () => {
  const ended = run([[0, 2, 0.1, 0], [300, 1, 0.5, 4]], { perEpoch: 100, epochs: 5, total: 500 });
  const places = (axis) => along(ended, axis).measures.map(([place]) => place);
  assert.deepEqual(Object.values(AXES).map(places), [[0, 300], [0, 3], [0, 4]]);
  const active = { ...ended, active: true };
  assert.deepEqual(Object.values(AXES).map((axis) => scalesOf([along(active, axis)], axis).total), [500, 5, 4]);
});
