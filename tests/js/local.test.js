import assert from "node:assert/strict";
import { test } from "node:test";

import { LocalReader } from "../../assets/pad/local.js";

// A worker that answers when the test says so.
function setUp() {
  const posted = [];
  let isEnded = false;
  const worker = { postMessage: (message) => posted.push(message), terminate: () => (isEnded = true) };
  const reader = new LocalReader(() => worker);
  reader.start();
  const say = (message) => worker.onmessage({ data: message });
  const load = async (model, version) => {
    const loaded = reader.load(model, version, { url: "/weights" });
    say({ type: "loaded", model, version });
    return loaded;
  };
  return { reader, worker, posted, say, load, isEnded: () => isEnded };
}

test("nothing is asked of it before a network is there", async () => {
  const { reader, posted, load } = setUp();
  assert.equal(await reader.ask("ready", []), null);
  assert.equal(await reader.ask(null, []), null);
  assert.deepEqual(posted, []);
  assert.ok(await load("ready", 1));
  assert.ok(reader.has("ready"));
  assert.ok(!reader.has("yours/1"));
});

test("an answer is that of the newest drawing; earlier ones get none", async () => {
  const { reader, say, load } = setUp();
  await load("ready", 1);
  const first = reader.ask("ready", [[[1, 1]]]);
  const second = reader.ask("ready", [[[2, 2]]]);
  say({ type: "answer", seq: 1, model: "ready", version: 1, digit: 1 });
  say({ type: "answer", seq: 2, model: "ready", version: 1, digit: 2 });
  assert.deepEqual(await Promise.all([first, second]), [null, { version: 1, digit: 2 }]);
});

test("where the network gives no numbers, the server is to be asked", async () => {
  const { reader, say, load } = setUp();
  await load("yours/1", 1);
  const answer = reader.ask("yours/1", []);
  say({ type: "unknown", seq: 1, model: "yours/1" });
  assert.equal(await answer, null);
});

test("older weights are not even sent, and those that failed leave what is there", async () => {
  const { reader, say, load, posted } = setUp();
  await load("yours/1", 5);
  assert.ok(await reader.load("yours/1", 4, {}));
  assert.equal(posted.length, 1);
  const loaded = reader.load("yours/1", 6, {});
  say({ type: "failed", model: "yours/1", version: 6, error: "cut short" });
  assert.equal(await loaded, false);
  assert.equal(reader.versions.get("yours/1"), 5);
});

test("what was forgotten while it was on its way is not there", async () => {
  const { reader, say } = setUp();
  const loaded = reader.load("yours/1", 1, {});
  reader.forget("yours/1");
  say({ type: "loaded", model: "yours/1", version: 1 });
  assert.equal(await loaded, false);
  assert.ok(!reader.has("yours/1"));
});

test("a worker that fails answers nothing from then on, and holds nobody up", async () => {
  const { reader, worker, load, isEnded } = setUp();
  await load("ready", 1);
  const answer = reader.ask("ready", []);
  const loaded = reader.load("yours/1", 1, {});
  worker.onerror();
  assert.deepEqual([await answer, await loaded, isEnded()], [null, false, true]);
  assert.equal(await reader.ask("ready", []), null);
  assert.equal(await reader.load("ready", 2, {}), false);
  reader.forget("ready");
});

test("a worker that falls silent is given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { reader, load, isEnded } = setUp();
  await load("ready", 1);
  const answer = reader.ask("ready", []);
  t.mock.timers.tick(60_000); // then it has a moment more, since the device may have slept
  assert.equal(isEnded(), false);
  t.mock.timers.tick(1000);
  assert.deepEqual([await answer, isEnded(), reader.has("ready")], [null, true, false]);
});

test("a browser without workers has nothing here", async () => {
  const reader = new LocalReader(() => {
    throw new TypeError("Worker is not a constructor");
  });
  reader.start();
  assert.equal(await reader.load("ready", 1, {}), false);
});

test("a look inside that is overtaken, or whose worker ends, comes to nothing", async () => {
  const { reader, say, load } = setUp();
  assert.equal(await reader.inside("ready", {}), null);
  await load("ready", 1);
  const looks = [1, 2, 3].map(() => reader.inside("ready", { known: null }));
  say({ type: "inside", seq: 1, model: "ready", inside: { version: "old" } });
  say({ type: "inside", seq: 3, model: "ready", inside: { version: "ready:1" } });
  assert.deepEqual(await Promise.all(looks), [null, null, { version: "ready:1" }]);
  const last = reader.inside("ready", {});
  reader.stop();
  assert.equal(await last, null);
});
