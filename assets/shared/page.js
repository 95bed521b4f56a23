// What the page's components share: one visitor's session, calls to the server that fail in one way
// only, and the drawing. Components talk through window events:
//   mnist:ink {strokes}          the drawing came to rest or was changed by a button
//   mnist:drawing {}             the pen has just moved
//   mnist:rest {}                the pen has not moved for a moment
//   mnist:prediction {...}       the model's answer for the drawing
//   mnist:refused {error}        the server would not answer for the drawing
//   mnist:model {model}          "ready" or "yours" answers from now on
//   mnist:moment {}              the visitor's own model has changed
//   mnist:renewed {}             the server had forgotten the visitor: their runs and models are gone
//   mnist:connection {lost}      the server is out of reach, or back
import { sleep } from "./latest.js";
import { storage } from "./storage.js";

const TOKEN = "mnist:token";
const MODEL = "mnist:model";
const TIMEOUT_MS = 10_000;

export const page = {
  model: storage.read(MODEL) === "yours" ? "yours" : "ready",
  strokes: [],
  prediction: null,
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
window.addEventListener("mnist:prediction", ({ detail }) => (page.prediction = detail));

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
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

// The first component that knows the server says so: sessions are opened through it.
let known;
const connected = new Promise((resolve) => (known = resolve));
export const connect = (server) => known(server);
let opening = null;

async function open() {
  const server = await connected;
  let lost = false;
  for (let wait = 250; ; wait = Math.min(2 * wait, 4000)) {
    try {
      const payload = { token: storage.read(TOKEN) };
      const answer = await ask(server, "open_session", payload, TIMEOUT_MS);
      if (answer.ok) {
        storage.write(TOKEN, answer.token);
        if (lost) emit("mnist:connection", { lost: false });
        return answer.token;
      }
    } catch {
      lost = true;
      emit("mnist:connection", { lost });
    }
    await sleep(wait);
  }
}

// The visitor's secret, once there is one.
export function session() {
  opening ??= open();
  return opening;
}

// Calls server[name]({...payload, token}). A session that the server has forgotten (it was
// restarted, or the visitor was away for long) is opened again, once, without a word.
export async function call(server, name, payload = {}, { timeout = TIMEOUT_MS } = {}) {
  const used = session();
  const answer = await ask(server, name, { ...payload, token: await used }, timeout);
  if (answer.code !== "session") return answer;
  if (opening === used) {
    opening = null;
    session().then(() => emit("mnist:renewed"));
  }
  return ask(server, name, { ...payload, token: await session() }, timeout);
}
