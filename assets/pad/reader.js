// The pad's reader, a module worker: it answers drawings with the networks that it was given, so that
// no answer ever holds up the pen.
//
// In:  {type: "weights", model, version, url | bytes, sha256?}  the network called `model` is this one
//                      from now on. `bytes` is an ArrayBuffer, to be transferred; `sha256`, hexadecimal,
//                      is what they must have.
//      {type: "strokes", seq, model, strokes, image?, images?, said?}  a drawing to answer, or in its place
//                      the image of a picture, and those of its digits with what is said of them; older
//                      ones still waiting are dropped
//      {type: "inside", seq, model, image, known}  what is inside that network, and what it says to the
//                      image, as inside.js has it; older ones still waiting are dropped
//      {type: "forget", model}
// Out: {type: "answer", seq, model, version, image, blank, probabilities, likeness, digit, words,
//                      parts}, with four decimals, as the server's are
//      {type: "inside", seq, model, inside}  null where there is no such network here
//      {type: "unknown", seq, model}        there is no such network here, or it gives no numbers
//      {type: "loaded", model, version}     from now on that version answers
//      {type: "failed", model, version, error}  those weights are of no use; what was there stays
// Versions of a model are numbers: whatever order weights come in, the highest one answers. Weights
// that newer ones overtake before they set out are dropped without a word.
import { read } from "./classifier.js";
import { inside } from "./inside.js";
import { Network } from "./network.js";

const MAX_BYTES = 128 * 2 ** 20;
const PATIENCE_MS = 120_000; // for a download

const rounded = (value) => Math.round(value * 1e4) / 1e4;
const sent = (answer) => ({
  ...answer,
  probabilities: Array.from(answer.probabilities, rounded),
  likeness: rounded(answer.likeness),
});

// The images in a picture's place of strokes, or null.
const picturedIn = ({ image, images, said }) => (images?.length ? { images, said } : image && { images: [image] }) || null;

export class Reader {
  // post: sends a message. later: calls a function after the messages that have come already.
  constructor(post, later) {
    this.post = post;
    this.later = later;
    this.networks = new Map(); // by model: {version, network}
    this.coming = new Map(); // by model: weights that are not a network yet
    this.drawing = null; // the newest that has no answer yet
    this.asked = null; // what is inside a network, the newest time without an answer
    this.isDue = false; // to work
    this.hasAnswered = false; // a moment ago
  }

  hear(message) {
    if (message.type === "strokes") this.drawing = message;
    else if (message.type === "inside") this.asked = message;
    else if (message.type === "weights") this.want(message);
    else if (message.type === "forget") this.forget(message.model);
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
  // faster than they are answered; looks inside wait until nothing else does.
  work() {
    const tasks = [() => this.answer(), () => this.load()];
    if (this.hasAnswered) tasks.reverse();
    tasks.push(() => this.look());
    this.hasAnswered = false;
    if (tasks.some((task) => task())) this.wake();
  }

  // Answers the drawing; false where there is none.
  answer() {
    if (!this.drawing) return false;
    const { seq, model, strokes, ...picture } = this.drawing;
    this.drawing = null;
    this.hasAnswered = true;
    const known = this.networks.get(model);
    const answer = known && read(known.network, strokes, picturedIn(picture));
    if (!answer?.probabilities.every(Number.isFinite)) {
      this.post({ type: "unknown", seq, model });
      return true;
    }
    const parts = answer.parts.map(sent);
    this.post({ type: "answer", seq, model, version: known.version, ...sent(answer), parts });
    return true;
  }

  // Tells what is inside; false where nobody asks.
  look() {
    if (!this.asked) return false;
    const { seq, model, image, known } = this.asked;
    this.asked = null;
    const found = this.networks.get(model);
    const version = `${model}:${found?.version}`;
    this.post({ type: "inside", seq, model, inside: found ? inside(found.network, { image, known, version }) : null });
    return true;
  }

  // One set of weights of a model is on its way at a time, and of those asked for meanwhile only the
  // newest are kept: a slow link gets fewer, and each that sets out arrives.
  want(weights) {
    const { model, version } = weights;
    const coming = this.coming.get(model);
    if (version <= this.networks.get(model)?.version) return;
    if (!coming) this.begin(weights);
    else if (version > (coming.next ?? coming.now).version) coming.next = weights;
  }

  begin(weights) {
    const controller = new AbortController();
    this.coming.set(weights.model, { now: weights, next: null, controller });
    if (!weights.bytes) this.fetch(weights, controller);
  }

  forget(model) {
    this.networks.delete(model);
    this.coming.get(model)?.controller.abort();
    this.coming.delete(model);
  }

  async fetch(weights, controller) {
    const timer = setTimeout(() => controller.abort(new Error("took too long")), PATIENCE_MS);
    try {
      const response = await fetch(weights.url, { signal: controller.signal, priority: "low" });
      if (!response.ok) throw new Error(`status ${response.status}`);
      weights.bytes = await response.arrayBuffer();
      this.wake();
    } catch (error) {
      this.end(weights, { type: "failed", error: error.message });
    } finally {
      clearTimeout(timer);
    }
  }

  // Makes a network of weights that have come; false where there are none.
  load() {
    const ready = [...this.coming.values()].find(({ now }) => now.bytes && !now.isBeingRead);
    if (!ready) return false;
    ready.now.isBeingRead = true;
    this.read(ready.now).catch((error) => this.end(ready.now, { type: "failed", error: error.message }));
    return true;
  }

  async read(weights) {
    await check(weights);
    if (this.coming.get(weights.model)?.now !== weights) return; // forgotten meanwhile
    const { model, version } = weights;
    this.networks.set(model, { version, network: Network.from(weights.bytes) });
    this.end(weights, { type: "loaded" });
  }

  end(weights, outcome) {
    const { model, version } = weights;
    const coming = this.coming.get(model);
    if (coming?.now !== weights) return;
    this.coming.delete(model);
    this.post({ model, version, ...outcome });
    if (coming.next) this.want(coming.next);
    this.wake();
  }
}

async function check({ bytes, sha256 }) {
  if (bytes.byteLength > MAX_BYTES) throw new Error(`${bytes.byteLength} bytes`);
  // A page that came without TLS has no means to do it.
  if (!sha256 || !globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new Error("altered on the way");
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
