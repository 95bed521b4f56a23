import assert from "node:assert/strict";
import { test } from "node:test";

import { OwnWeights, nameOf } from "../../assets/pad/own.js";

globalThis.window = {};
const turn = () => new Promise(setImmediate);

// A reader that has what is loaded, and weights that arrive when the test says so.
function setUp(t, { size = 100, isGood = () => true } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const versions = new Map();
  const reader = {
    worker: {},
    versions,
    has: (name) => versions.has(name),
    forget: (name) => versions.delete(name),
    async load(name, version) {
      if (isGood(name, version)) versions.set(name, Math.max(version, versions.get(name) ?? 0));
      return isGood(name, version);
    },
  };
  const asked = [];
  const heard = [];
  const world = { isWanted: true };
  const own = new OwnWeights(reader, {
    fetchWeights: (each) => new Promise((resolve, reject) => asked.push({ each, resolve, reject })),
    isWanted: () => world.isWanted,
    heard: ({ told = true } = {}) => heard.push(told),
  });
  const settle = async () => {
    for (let i = 0; i < 5; i += 1) await turn();
    t.mock.timers.tick(5000);
    for (let i = 0; i < 5; i += 1) await turn();
  };
  const arrive = async (version) => {
    asked.at(-1).resolve({ bytes: { byteLength: size }, version });
    await settle();
  };
  const names = () => asked.splice(0).map(({ each }) => nameOf(each));
  return { own, reader, versions, asked, heard, arrive, settle, names, world };
}

const newest = (version, more = {}) => ({ run: 1, step: null, version, kept: [], ...more });

test("one set of weights is on its way at a time, and the next is the newest", async (t) => {
  const { own, arrive, asked, heard, versions, settle } = setUp(t);
  for (const version of [1, 2, 3]) own.follow(newest(version));
  await settle();
  assert.equal(asked.length, 1);
  own.follow(newest(4));
  await arrive(3);
  assert.equal(versions.get("yours/1"), 3);
  assert.equal(asked.length, 2);
  own.follow(newest(5));
  await arrive(5);
  assert.equal(asked.length, 2); // it has brought the newest already
  assert.deepEqual(heard, [true, true]);
});

test("nothing new is not asked for again", async (t) => {
  const { own, arrive, asked } = setUp(t);
  own.follow(newest(1));
  await arrive(1);
  for (let i = 0; i < 3; i += 1) own.follow(newest(1));
  assert.equal(asked.length, 1);
});

test("late weights of an earlier training are dropped", async (t) => {
  const { own, arrive, asked, versions, settle } = setUp(t);
  own.follow(newest(9));
  await settle();
  const [late] = asked;
  own.follow({ ...newest(2), run: 2 });
  late.resolve({ bytes: { byteLength: 100 }, version: 9 });
  await settle();
  await arrive(2);
  assert.deepEqual([...versions], [["yours/2", 2]]);
});

test("a new training forgets the weights of the one before", async (t) => {
  const { own, arrive, versions } = setUp(t);
  own.follow(newest(9));
  await arrive(9);
  versions.set("ready", 1);
  own.follow(null);
  assert.deepEqual([...versions.keys()], ["ready"]);
});

test("moments are brought when the training is over, and answer at once from then on", async (t) => {
  const { own, arrive, heard, names } = setUp(t);
  own.follow(newest(7, { kept: [0, 10, 20] }));
  for (const version of [7, 1, 1, 1]) await arrive(version);
  assert.deepEqual(names(), ["yours/1", "yours/1/20", "yours/1/10", "yours/1/0"]);
  heard.length = 0;
  own.follow(newest(7, { step: 10, kept: [0, 10, 20] }));
  assert.deepEqual(heard, [false]); // the server is told of it later
  assert.deepEqual(names(), []);
});

test("a moment that is not here goes before those that may be wanted", async (t) => {
  const { own, names, settle } = setUp(t);
  own.follow(newest(7, { step: 10, kept: [0, 10, 20] }));
  await settle();
  assert.deepEqual(names(), ["yours/1/10"]);
});

test("no more moments are kept than there is room for, the one that answers among them", async (t) => {
  const { own, arrive, versions, names } = setUp(t, { size: 5 * 2 ** 20 });
  const kept = [0, 1, 2, 3, 4, 5];
  own.follow(newest(7, { kept }));
  for (const version of [7, 1, 1, 1]) await arrive(version);
  assert.deepEqual(names(), ["yours/1", "yours/1/5", "yours/1/4", "yours/1/3"]);
  own.follow(newest(7, { step: 0, kept }));
  await arrive(1);
  assert.deepEqual([...versions.keys()].sort(), ["yours/1", "yours/1/0", "yours/1/3", "yours/1/4"]);
});

test("weights that are refused or damaged are not asked for again, and the server answers", async (t) => {
  for (const reply of [{ code: "gone" }, { bytes: { byteLength: 1 }, version: 2 }]) {
    const { own, asked, heard, versions, settle } = setUp(t, { isGood: (_, version) => version !== 2 });
    versions.set("yours/1", 1);
    own.follow(newest(2));
    own.follow(newest(2));
    await settle();
    versions.set("yours/1", 1);
    asked[0].resolve(reply);
    await settle();
    assert.deepEqual([...versions], []); // older ones would answer in their place
    assert.deepEqual(heard, [true]);
    own.follow(newest(2));
    await settle();
    assert.equal(asked.length, 1);
    own.follow(newest(3));
    await settle();
    assert.equal(asked.length, 2);
    t.mock.timers.reset();
  }
});

test("where the server is away or has too much to do, they are asked for again a moment later", async (t) => {
  const { own, asked, settle, world } = setUp(t);
  own.follow(newest(1));
  await settle();
  asked[0].reject(new TypeError("fetch failed"));
  await settle();
  assert.equal(asked.length, 2);
  asked[1].resolve({ ok: false, code: "rate" });
  await settle();
  assert.equal(asked.length, 3);
  world.isWanted = false;
  asked[2].reject(new TypeError("fetch failed"));
  await settle();
  assert.equal(asked.length, 3);
  world.isWanted = true;
  own.bring();
  await settle();
  assert.equal(asked.length, 4);
});

test("without a reader, or weights that may travel, the server answers at each change", async (t) => {
  const { own, reader, asked, heard } = setUp(t);
  own.follow(null);
  reader.worker = null;
  own.follow(newest(1));
  own.follow(newest(2));
  assert.deepEqual(heard, [true, true, true]);
  assert.equal(asked.length, 0);
});
