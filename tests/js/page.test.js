import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { beforeEach, test } from "node:test";

globalThis.window = new EventTarget();
globalThis.CustomEvent ??= class extends Event {
  constructor(name, { detail }) {
    super(name);
    this.detail = detail;
  }
};
const kept = new Map();
globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };

const { call, connect, emit, on, page, session } = await import("../../assets/shared/page.js");
const { storage } = await import("../../assets/shared/storage.js");

// A server whose functions answer from a list, and note what they were asked.
const answers = [];
const asked = [];
let opened = 0;
const server = {
  async open_session() {
    opened += 1;
    return { ok: true, token: `secret-${opened}` };
  },
  async work(payload) {
    asked.push(payload);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  },
};
connect(server);
beforeEach(() => {
  answers.length = asked.length = 0;
});

test("every module of the page finds all that it imports", async () => {
  const root = new URL("../../assets/", import.meta.url);
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = folders.flatMap(({ name }) => readdirSync(new URL(`${name}/`, root)).map((file) => `${name}/${file}`));
  const scripts = files.filter((file) => file.endsWith(".js"));
  assert.ok(scripts.length > 20);
  for (const script of scripts) await import(new URL(script, root));
  for (const name of ["pad/sketchpad", "pad/answer", "pad/why", "lab/lab", "hood/hood"]) {
    assert.equal(typeof (await import(new URL(`${name}.js`, root))).mount, "function", name);
  }
});

test("a session is opened once, and its secret goes with each call", async () => {
  answers.push({ ok: true, value: 1 }, { ok: false, code: "rate" });
  assert.deepEqual(await call(server, "work", { more: 2 }), { ok: true, value: 1 });
  assert.deepEqual(await call(server, "work"), { ok: false, code: "rate" });
  assert.equal(opened, 1);
  assert.deepEqual(asked, [{ more: 2, token: "secret-1" }, { token: "secret-1" }]);
  assert.equal(kept.get("mnist:token"), "secret-1");
});

test("a session that the server has forgotten is opened again, once", async () => {
  answers.push({ ok: false, code: "session" }, { ok: true });
  const before = await session();
  assert.deepEqual(await call(server, "work"), { ok: true });
  assert.notEqual(await session(), before);
  assert.deepEqual(asked.map(({ token }) => token), [before, await session()]);
  answers.push({ ok: false, code: "session" }, { ok: false, code: "session" });
  assert.equal((await call(server, "work")).code, "session");
});

test("two calls that find the session forgotten open one new one between them", async () => {
  const before = opened;
  answers.push({ ok: false, code: "session" }, { ok: false, code: "session" }, { ok: true }, { ok: true });
  await Promise.all([call(server, "work"), call(server, "work")]);
  assert.equal(opened, before + 1);
});

test("what is no answer is an error: a function that raised, a connection lost, a wait too long", async () => {
  const back = () => new Promise((resolve) => globalThis.window.addEventListener("mnist:connection", resolve, { once: true }));
  for (const value of [undefined, null, "Traceback", {}, { ok: "yes" }]) {
    answers.push(value);
    await assert.rejects(call(server, "work"), { code: "lost" });
    await back();
  }
  answers.push(new TypeError("fetch failed"));
  await assert.rejects(call(server, "work"), /fetch failed/);
  await back();
  const never = { work: () => new Promise(() => {}) };
  await assert.rejects(call(never, "work", {}, { timeout: 5 }), { code: "timeout" });
});

test("while the server is away nothing else goes out, and one that comes back with another session says so", async () => {
  const said = [];
  const hear = ({ type, detail }) => said.push(detail?.lost ?? type);
  for (const name of ["mnist:connection", "mnist:renewed"]) globalThis.window.addEventListener(name, hear);
  const { open_session: reopen } = server;
  let tries = 0;
  server.open_session = async () => ((tries += 1) < 3 ? undefined : reopen());
  const back = new Promise((resolve) => {
    globalThis.window.addEventListener("mnist:renewed", resolve, { once: true });
  });
  globalThis.window.dispatchEvent(new Event("offline"));
  assert.equal(page.lost, true);
  await assert.rejects(call(server, "work"), { code: "lost" });
  assert.deepEqual(asked, []);
  globalThis.window.dispatchEvent(new Event("online"));
  await back;
  await Promise.resolve();
  assert.deepEqual(said, [true, "mnist:renewed", false]);
  assert.equal(page.lost, false);
  answers.push({ ok: true });
  assert.ok((await call(server, "work")).ok);
  server.open_session = reopen;
});

test("the choice of a model is kept, and the newest prediction known", () => {
  assert.equal(page.model, "ready");
  emit("mnist:model", { model: "yours" });
  assert.equal(page.model, "yours");
  assert.equal(kept.get("mnist:model"), "yours");
  emit("mnist:prediction", { words: "7" });
  assert.deepEqual(page.prediction, { words: "7" });
});

test("a component that has left the page hears nothing", () => {
  const element = { isConnected: true };
  const heard = [];
  on(element, "mnist:moment", (detail) => heard.push(detail));
  emit("mnist:moment", { at: 1 });
  element.isConnected = false;
  emit("mnist:moment", { at: 2 });
  assert.deepEqual(heard, [{ at: 1 }]);
});

test("storage gives lists back, and nothing for anything else", () => {
  storage.write("list", "[1, 2]");
  assert.deepEqual(storage.readList("list"), [1, 2]);
  for (const text of ["nonsense", "{}", "null", "3"]) {
    storage.write("list", text);
    assert.equal(storage.readList("list"), null, text);
  }
  assert.equal(storage.readList("never written"), null);
});

test("a closed storage is an empty one", () => {
  const open = globalThis.sessionStorage;
  globalThis.sessionStorage = new Proxy({}, { get() { throw new Error("closed"); } });
  storage.write("a", "b");
  assert.equal(storage.read("a"), null);
  assert.equal(storage.readList("a"), null);
  globalThis.sessionStorage = open;
});
