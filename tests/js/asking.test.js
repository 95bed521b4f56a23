import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.window = new EventTarget();
globalThis.CustomEvent ??= class extends Event {
  constructor(name, { detail }) {
    super(name);
    this.detail = detail;
  }
};
globalThis.sessionStorage = { getItem: () => null, setItem() {} };
globalThis.document = new EventTarget();

const { connect, emit } = await import("../../assets/shared/page.js");
const { Asking } = await import("../../assets/pad/asking.js");

const turn = () => new Promise(setImmediate);
const shown = [];
globalThis.window.addEventListener("mnist:prediction", ({ detail }) => shown.push(detail));
globalThis.window.addEventListener("mnist:refused", ({ detail }) => shown.push(detail));
const take = () => shown.splice(0).map(({ from, version, code }) => from ?? code ?? version);

const ANSWER = { ok: true, image: "", probabilities: [] };
const server = { open_session: async () => ({ ok: true, token: "secret" }) };
connect(server);

// A pad, whose reader has the networks named in `here`; the server's answers come when the test says so.
function setUp(here = new Map()) {
  const asked = [];
  server.predict = (payload) => new Promise((resolve) => asked.push({ payload, answer: (more) => resolve({ ...ANSWER, ...more }) }));
  const reader = {
    has: (name) => here.has(name),
    ask: async (name) => (here.has(name) ? { from: "here", image: [], probabilities: [], version: here.get(name) } : null),
  };
  const pad = { element: { isConnected: true }, server, reader, drawing: { strokes: [[[1, 1]]] }, isResting: true };
  return { asking: new Asking(pad), asked, pad };
}

beforeEach(() => {
  emit("mnist:model", { model: "ready" });
  emit("mnist:own", { own: null, trained: false });
  shown.length = 0;
});

test("the server answers until the network is here, and then it is not asked any more", async () => {
  const here = new Map();
  const { asking, asked } = setUp(here);
  asking.predict("ink");
  await turn();
  asked[0].answer({ from: "server" });
  await turn();
  here.set("ready", 1);
  await asking.predict("ink");
  assert.deepEqual(take(), ["server", "here"]);
  assert.equal(asked.length, 1);
});

test("a server that keeps a drawing waiting is not waited for once the network is here", async () => {
  const here = new Map();
  const { asking, asked } = setUp(here);
  asking.predict("ink");
  await turn();
  here.set("ready", 1);
  await asking.predict("ink");
  asked[0].answer({ from: "server" }); // too late
  await turn();
  assert.deepEqual(take(), ["here"]);
});

test("which of the visitor's models is asked for is what the page says", async () => {
  const { asking, asked } = setUp(new Map([["yours/1", 4], ["yours/1/20", 1]])); // prettier-ignore
  emit("mnist:model", { model: "yours" });
  const own = { run: 1, step: null, version: 4, kept: [] };
  for (const step of [null, 20]) {
    emit("mnist:own", { own: { ...own, step }, trained: true });
    await asking.predict("model");
  }
  assert.deepEqual(shown.map(({ weights, model, trained }) => [weights, model, trained]), [null, 20].map((step) => [{ run: 1, step, version: step ? 1 : 4 }, "yours", true])); // prettier-ignore
  emit("mnist:own", { own: { ...own, step: 30 }, trained: true });
  asking.predict("model");
  await turn();
  assert.deepEqual([asked.length, asked[0].payload.model], [1, "yours"]);
});

test("of weights that learn, older ones never answer after newer ones for the same drawing", async () => {
  const here = new Map();
  const { asking, asked } = setUp(here);
  emit("mnist:model", { model: "yours" });
  emit("mnist:own", { own: { run: 1, step: null, version: 6, kept: [] }, trained: true });
  asking.predict("moment");
  await turn();
  asked[0].answer({ from: "server", model: "yours", version: 6, weights: { run: 1, step: null, version: 6 } });
  await turn();
  for (const version of [5, 6, 7]) {
    here.set("yours/1", version);
    await asking.predict("moment");
  }
  assert.deepEqual(shown.map(({ version }) => version), [6, 6, 7]);
  emit("mnist:renewed"); // another session counts from 1 again
  emit("mnist:own", { own: { run: 1, step: null, version: 1, kept: [] }, trained: true });
  here.set("yours/1", 1);
  await asking.predict("moment");
  assert.equal(shown.at(-1).version, 1);
});

test("without a server, the drawing says so, and is asked for again when it is back", async () => {
  const { asking, asked } = setUp();
  const back = new Promise((resolve) => globalThis.window.addEventListener("mnist:connection", resolve, { once: true }));
  server.predict = async () => undefined;
  await asking.predict("ink");
  assert.deepEqual(take(), ["lost"]);
  await back;
  server.predict = (payload) => asked.push(payload) && Promise.resolve({ ...ANSWER, from: "server" });
  await asking.predict("model");
  assert.deepEqual([shown[0].from, shown[0].cause], ["server", "ink"]);
});
