// What the page's components share: one visitor's session, calls to the server that fail in one way
// only, and the drawing. Components talk through window events:
//   mnist:ink {strokes}          the drawing came to rest or was changed by a button
//   mnist:drawing {}             the pen has just moved
//   mnist:rest {}                the pen has not moved for a moment
//   mnist:prediction {...}       the model's answer for the drawing; of one's own, by which `weights`
//   mnist:chosen {}              another digit of the drawn number is looked at: `page.chosen`
//   mnist:refused {code, error}  the drawing has no answer, and why
//   mnist:model {model}          "ready" or "yours" answers from now on
//   mnist:moment {}              the visitor's own model has changed
//   mnist:own {own, trained}     what "yours" is, as `page.own`; and whether there is such a model
//   mnist:run {}                 the newest training has changed, of which `page.training` tells
//   mnist:renewed {}             the server had forgotten the visitor: their runs and models are gone
//   mnist:step {}                a link opens a step of Under the hood: `page.step`
//   mnist:connection {lost}      the server is out of reach; or there, after a call came to nothing
import { sleep } from "./latest.js";
import { storage } from "./storage.js";

const TOKEN = "mnist:token";
const MODEL = "mnist:model";
const TIMEOUT_MS = 20_000; // a busy server is no lost one
const FIRST_WAIT_MS = 250; // where the server is out of reach
const LAST_WAIT_MS = 4000;

export const page = {
  model: storage.read(MODEL) === "yours" ? "yours" : "ready",
  strokes: [],
  picture: null, // what is on the pad in the strokes' place, as pad/found.js has it
  prediction: null,
  chosen: null, // of a number: the digit that is looked at, as a part of the prediction
  trained: false, // the visitor has a model of their own
  own: null, // {run, step, version, kept, isOver}: what "yours" is, where the browser may have it
  lost: false, // the server is out of reach
  step: null, // of Under the hood, which a link opens alone
  setStrokes() {}, // the sketchpad puts its own here,
  setImage() {}, // and here: an image of MNIST in the strokes' place, 784 bytes of which 255 are ink;
  inside: () => null, // and here: what is inside the network that answers, as pad/local.js has it
  training: null, // the laboratory: {setup, words, status, newest, start}
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
window.addEventListener("offline", () => {
  lose();
  lookForServer();
});

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
export const connected = new Promise((resolve) => (known = resolve));
export const connect = (server) => known(server);
let opening = null;
let token = null; // of the session that is open
let reopening = null;

function lose() {
  if (page.lost) return;
  page.lost = true;
  emit("mnist:connection", { lost: true });
}

function found(now) {
  const wasMissed = page.lost || reopening !== null;
  const isRenewed = token !== null && token !== now;
  token = now;
  storage.write(TOKEN, token);
  opening = Promise.resolve(token);
  reopening = null;
  page.lost = false;
  if (isRenewed) emit("mnist:renewed");
  if (wasMissed) emit("mnist:connection", { lost: false });
  return token;
}

// The session's secret: the one that there was, where the server still knows it.
async function open() {
  const server = await connected;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
    const payload = { token: storage.read(TOKEN) };
    const answer = await ask(server, "open_session", payload, TIMEOUT_MS).catch(() => null);
    if (answer?.ok) return found(answer.token);
    if (!answer) lose();
    await pause(wait);
  }
}

// Until the network is back, or where the browser doesn't know that it is away, for a while.
function pause(ms) {
  const online = new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
  return Promise.race(window.navigator?.onLine === false ? [online] : [online, sleep(ms)]);
}

// After a call that came to nothing, for whatever reason: asks for the session until the server is
// there, and says so, since who called waits for that.
function lookForServer() {
  if (token) reopening ??= pause(FIRST_WAIT_MS).then(open);
}

// The visitor's secret, once there is one.
export function session() {
  opening ??= open();
  return opening;
}

// What `attempt` is answered with the visitor's secret. A session that the server has forgotten (it was
// restarted, or the visitor was away for long) is opened again, once, without a word. Nothing goes out
// while the server is away: a connection that hangs would be waited for again and again.
export async function withSession(attempt) {
  if (reopening) throw new CallError("lost");
  const used = session();
  try {
    const answer = await attempt(await used);
    if (answer.code !== "session") return answer;
    if (opening === used) opening = null;
    return await attempt(await session());
  } catch (error) {
    lookForServer();
    throw error;
  }
}

// Calls server[name]({...payload, token}).
export const call = (server, name, payload = {}, { timeout = TIMEOUT_MS } = {}) =>
  withSession((secret) => ask(server, name, { ...payload, token: secret }, timeout));
