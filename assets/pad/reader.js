// The pad's reader, a module worker: it answers drawings with the networks that it was given, so that
// no answer ever holds up the pen.
//
// In:  {type: "weights", model, version, url | bytes, sha256?}  the network called `model` is this one
//                      from now on. `bytes` is an ArrayBuffer, to be transferred; `sha256`, hexadecimal,
//                      is what they must have.
//      {type: "strokes", seq, model, strokes}  a drawing to answer; older ones still waiting are dropped
//      {type: "forget", model}
// Out: {type: "answer", seq, model, version, image, blank, probabilities, likeness, digit, words}
//      {type: "unknown", seq, model}        there is no such network here, or it gives no numbers
//      {type: "loaded", model, version}     from now on that version answers
//      {type: "failed", model, version, error}  those weights are of no use; what was there stays
// Versions of a model are numbers: whatever order weights come in, the highest one answers.
import { predict } from "./classifier.js";
import { Network } from "./network.js";

const MAX_BYTES = 128 * 2 ** 20;

export class Reader {
  // post: sends a message. later: calls a function after the messages that have come already.
  constructor(post, later) {
    this.post = post;
    this.later = later;
    this.networks = new Map(); // by model: {version, network}
    this.waiting = new Map(); // by model: the newest weights that are not a network yet
    this.drawing = null; // the newest that has no answer yet
    this.isDue = false; // to work
    this.hasAnswered = false; // a moment ago
  }

  hear(message) {
    if (message.type === "strokes") this.drawing = message;
    else if (message.type === "weights") this.want(message);
    else if (message.type === "forget") {
      this.networks.delete(message.model);
      this.drop(message.model);
    }
    this.wake();
  }

  wake() {
    if (this.isDue) return;
    this.isDue = true;
    this.later(() => {
      this.isDue = false;
      this.work();
    });
  }

  // One thing at a time, and then whatever has come meanwhile. In turns, since drawings may come
  // faster than they are answered.
  work() {
    const tasks = [() => this.answer(), () => this.load()];
    if (this.hasAnswered) tasks.reverse();
    this.hasAnswered = false;
    if (tasks.some((task) => task())) this.wake();
  }

  // Answers the drawing; false where there is none.
  answer() {
    if (!this.drawing) return false;
    const { seq, model, strokes } = this.drawing;
    this.drawing = null;
    this.hasAnswered = true;
    const known = this.networks.get(model);
    const answer = known && predict(known.network, strokes);
    if (!answer?.probabilities.every(Number.isFinite)) this.post({ type: "unknown", seq, model });
    else this.post({ type: "answer", seq, model, version: known.version, ...answer });
    return true;
  }

  isNews({ model, version }) {
    const known = this.waiting.get(model) ?? this.networks.get(model);
    return !known || version > known.version;
  }

  want(weights) {
    if (!this.isNews(weights)) return;
    this.drop(weights.model);
    this.waiting.set(weights.model, weights);
    if (!weights.bytes) this.fetch(weights);
  }

  drop(model) {
    this.waiting.get(model)?.leaving?.abort();
    this.waiting.delete(model);
  }

  async fetch(weights) {
    weights.leaving = new AbortController();
    try {
      const response = await fetch(weights.url, { signal: weights.leaving.signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      weights.bytes = await response.arrayBuffer();
      this.wake();
    } catch (error) {
      this.fail(weights, error);
    }
  }

  // Makes a network of weights that have come; false where there are none.
  load() {
    const weights = [...this.waiting.values()].find(({ bytes, isChecking }) => bytes && !isChecking);
    if (!weights) return false;
    weights.isChecking = true;
    this.check(weights).then(() => this.build(weights)).catch((error) => this.fail(weights, error));
    return true;
  }

  async check({ bytes, sha256 }) {
    if (bytes.byteLength > MAX_BYTES) throw new Error(`${bytes.byteLength} bytes`);
    // A page that came without TLS has no means to do it.
    if (!sha256 || !globalThis.crypto?.subtle) return;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (found !== sha256) throw new Error("altered on the way");
  }

  build(weights) {
    const { model, version, bytes } = weights;
    if (this.waiting.get(model) !== weights) return; // newer ones have come, or it was forgotten
    const network = Network.from(bytes);
    this.waiting.delete(model);
    this.networks.set(model, { version, network });
    this.post({ type: "loaded", model, version });
  }

  fail(weights, error) {
    const { model, version } = weights;
    if (this.waiting.get(model) !== weights) return;
    this.waiting.delete(model);
    this.post({ type: "failed", model, version, error: error.message });
  }
}

if (globalThis.DedicatedWorkerGlobalScope) {
  const { port1, port2 } = new MessageChannel();
  let due = () => {};
  port1.onmessage = () => due();
  const later = (work) => {
    due = work;
    port2.postMessage(null);
  };
  const reader = new Reader((message) => self.postMessage(message), later);
  self.onmessage = ({ data }) => reader.hear(data);
}
