import assert from "node:assert/strict";
import test from "node:test";

import { Reader } from "../../assets/pad/reader.js";
import { tinyModel } from "./files.js";

const STROKES = [[[1, 1], [5, 9]]]; // prettier-ignore

// A reader whose work is done one piece at a time, when the test says so.
function setUp() {
  const posted = [];
  const due = [];
  const reader = new Reader((message) => posted.push(message), (work) => due.push(work));
  const step = async () => {
    due.shift()?.();
    await new Promise(setImmediate); // networks are made after their file was checked
  };
  const finish = async () => {
    while (due.length) await step();
  };
  const take = () => posted.splice(0).map(({ type, seq, model, version }) => [type, seq ?? model, version]);
  const weights = (model, version, more = { bytes: tinyModel() }) =>
    reader.hear({ type: "weights", model, version, ...more });
  const strokes = (seq, model = "yours") => reader.hear({ type: "strokes", seq, model, strokes: STROKES });
  return { reader, step, finish, take, weights, strokes };
}

test("of drawings that wait, the newest alone is answered", async () => {
  const { finish, take, weights, strokes } = setUp();
  weights("yours", 1);
  await finish();
  take();
  for (let seq = 1; seq <= 50; seq++) strokes(seq);
  await finish();
  assert.deepEqual(take(), [["answer", 50, 1]]);
});

test("of weights that wait, the newest alone become a network", async () => {
  const { finish, take, weights } = setUp();
  for (const version of [1, 2, 5, 3, 5, 4]) weights("yours", version);
  await finish();
  assert.deepEqual(take(), [["loaded", "yours", 1], ["loaded", "yours", 5]]); // prettier-ignore
});

test("drawings without end don't keep weights waiting", async () => {
  const { step, take, weights, strokes } = setUp();
  weights("yours", 1);
  for (let seq = 1; seq <= 3; seq++) {
    strokes(seq);
    await step();
  }
  assert.deepEqual(take(), [["unknown", 1, undefined], ["loaded", "yours", 1], ["answer", 3, 1]]); // prettier-ignore
});

test("what is there answers while newer weights are on their way, one download at a time", async (t) => {
  const { finish, take, weights, strokes } = setUp();
  const arrive = {};
  t.mock.method(globalThis, "fetch", (url) => new Promise((resolve) => (arrive[url] = resolve)));
  weights("yours", 1);
  await finish();
  for (const version of [2, 3, 4]) weights("yours", version, { url: `/${version}` });
  strokes(1);
  await finish();
  assert.deepEqual(Object.keys(arrive), ["/2"]);
  assert.deepEqual(take(), [["loaded", "yours", 1], ["answer", 1, 1]]); // prettier-ignore
  for (const url of ["/2", "/4"]) {
    arrive[url](new Response(tinyModel()));
    await new Promise(setImmediate);
    await finish();
  }
  assert.deepEqual(Object.keys(arrive), ["/2", "/4"]);
  assert.deepEqual(take(), [["loaded", "yours", 2], ["loaded", "yours", 4]]); // prettier-ignore
});

test("the download of a forgotten model is given up without a word", async (t) => {
  const { reader, finish, take, weights } = setUp();
  const given = [];
  t.mock.method(globalThis, "fetch", (url, { signal }) => {
    given.push(signal);
    return new Promise((resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  weights("yours", 1, { url: "/1" });
  reader.hear({ type: "forget", model: "yours" });
  await new Promise(setImmediate);
  await finish();
  assert.ok(given[0].aborted);
  assert.deepEqual(take(), []);
});

test("a failed download may be tried again", async (t) => {
  const { finish, take, weights } = setUp();
  const answers = [new Response("", { status: 503 }), new Response(tinyModel())];
  t.mock.method(globalThis, "fetch", async () => answers.shift());
  for (const outcome of ["failed", "loaded"]) {
    weights("yours", 1, { url: "/1" });
    await new Promise(setImmediate);
    await finish();
    assert.deepEqual(take(), [[outcome, "yours", 1]]);
  }
});

test("a model that was forgotten is unknown, even where its weights come later", async () => {
  const { reader, finish, take, weights, strokes } = setUp();
  weights("yours", 1);
  reader.hear({ type: "forget", model: "yours" });
  strokes(1);
  await finish();
  assert.deepEqual(take(), [["unknown", 1, undefined]]);
});

test("looks inside wait for drawings, the newest alone is answered, and of no network there is nothing", async () => {
  const { reader, finish, take, weights, strokes } = setUp();
  weights("yours", 3);
  await finish();
  take();
  for (const seq of [1, 2]) reader.hear({ type: "inside", seq, model: "yours", image: null, known: "yours:3" });
  strokes(3);
  await finish();
  assert.deepEqual(take(), [["answer", 3, 3], ["inside", 2, undefined]]); // prettier-ignore
  reader.hear({ type: "inside", seq: 4, model: "ready", image: null, known: null });
  await finish();
  assert.deepEqual(take(), [["inside", 4, undefined]]); // prettier-ignore
});
