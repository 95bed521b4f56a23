// What the page's components share: one visitor's session, calls to the server that fail in one way
// only, and the drawing. Components talk through window events:
//   mnist:ink {strokes}          the drawing came to rest or was changed by a button
//   mnist:drawing {}             the pen has just moved
//   mnist:rest {}                the pen has not moved for a moment
//   mnist:prediction {...}       the model's answer for the drawing
//   mnist:refused {code, error}  the drawing has no answer, and why
//   mnist:model {model}          "ready" or "yours" answers from now on
//   mnist:moment {}              the visitor's own model has changed
//   mnist:own {own, trained}     what "yours" is, as `page.own`; and whether there is such a model
//   mnist:renewed {}             the server had forgotten the visitor: their runs and models are gone
//   mnist:connection {lost}      the server is out of reach, or back
import { sleep } from "./latest.js";
import { storage } from "./storage.js";

const TOKEN = "mnist:token";
const MODEL = "mnist:model";
const TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 250; // where the server is out of reach
const LAST_WAIT_MS = 4000;

export const page = {
  model: storage.read(MODEL) === "yours" ? "yours" : "ready",
  strokes: [],
  prediction: null,
  trained: false, // the visitor has a model of their own
  own: null, // {run, step, version, kept}: what "yours" is, where the browser may have it
  lost: false, // the server is out of reach
  setStrokes() {}, // the sketchpad puts its own here
};

export const emit = (name, detail = {}) => window.dispatchEvent(new CustomEvent(name, { detail }));

// Hears an event as long as `element` is on the page: nothing tells a component that it was taken off.
export function on(element, name, listener) {
  window.addEventListener(name, ({ detail }) => element.isConnected && listener(detail));
}

window.addEventListener("mnist:model", ({ detail }) => {
  page.model = detail.model;
  storage.write(MODEL, detail.model);
});
window.addEventListener("mnist:prediction", ({ detail }) => {
  page.prediction = detail;
  page.trained = detail.trained;
});
window.addEventListener("mnist:own", ({ detail }) => {
  page.own = detail.own;
  page.trained = detail.trained;
});
window.addEventListener("mnist:renewed", () => (page.own = null));
window.addEventListener("offline", () => noteConnection({ lost: true }));

class CallError extends Error {
  constructor(code) {
    super(`The server's answer did not come: ${code}`);
    this.code = code;
  }
}

// A server function that raised resolves to undefined or to an error's text: only an object with
// `ok` is an answer.
async function ask(server, name, payload, timeout) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new CallError("timeout")), timeout);
  });
  try {
    const answer = await Promise.race([server[name](payload), late]);
    if (typeof answer?.ok !== "boolean") throw new CallError("lost");
    noteConnection({ lost: false });
    return answer;
  } catch (error) {
    noteConnection({ lost: true });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

// The first component that knows the server says so: sessions are opened through it.
let known;
const connected = new Promise((resolve) => (known = resolve));
export const connect = (server) => known(server);
let opening = null;
let token = null; // of the session that is open
let reopening = null;

function noteConnection({ lost }) {
  if (page.lost === lost) return;
  page.lost = lost;
  emit("mnist:connection", { lost });
  if (lost && token) reopening ??= reopen().finally(() => (reopening = null));
}

// The session's secret: the one that there was, where the server still knows it.
async function open() {
  const server = await connected;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
    const payload = { token: storage.read(TOKEN) };
    const answer = await ask(server, "open_session", payload, TIMEOUT_MS).catch(() => null);
    if (answer?.ok) {
      token = answer.token;
      storage.write(TOKEN, token);
      return token;
    }
    await pause(wait);
  }
}

// Until the network is back, or where the browser doesn't know that it is away, for a while.
function pause(ms) {
  const online = new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
  return Promise.race(navigator.onLine === false ? [online] : [online, sleep(ms)]);
}

// Asks for the session until the server is back. Whoever calls meanwhile is told that it is away.
async function reopen() {
  const before = token;
  await pause(FIRST_WAIT_MS);
  const opened = open();
  if ((await opened) === before) return;
  opening = opened;
  emit("mnist:renewed");
}

// The visitor's secret, once there is one.
export function session() {
  opening ??= open();
  return opening;
}

// Calls server[name]({...payload, token}). A session that the server has forgotten (it was
// restarted, or the visitor was away for long) is opened again, once, without a word. Nothing goes out
// while the server is away: a connection that hangs would be waited for again and again.
export async function call(server, name, payload = {}, { timeout = TIMEOUT_MS } = {}) {
  if (reopening) throw new CallError("lost");
  const used = session();
  const answer = await ask(server, name, { ...payload, token: await used }, timeout);
  if (answer.code !== "session") return answer;
  if (opening === used) {
    opening = null;
    session().then(() => emit("mnist:renewed"));
  }
  return ask(server, name, { ...payload, token: await session() }, timeout);
}
