// The networks that answer here: reader.js, in a worker of its own, as the page sees it. Where that
// can't be, or goes wrong, nothing is ever here, and the server answers.
const PATIENCE_MS = 5000; // an answer takes a few
const GRACE_MS = 500;

const makeWorker = () => new Worker(new URL("./reader.js", import.meta.url), { type: "module" });

export class LocalReader {
  constructor(make = makeWorker) {
    this.make = make;
    this.worker = null;
    this.versions = new Map(); // of the networks that are here, by their names
    this.loads = new Map(); // by name: resolves a load that is under way
    this.sequence = 0;
    this.asked = null; // {seq, resolve, timer}
    this.looking = null; // {seq, resolve}
  }

  start() {
    try {
      this.worker = this.make();
      this.worker.onmessage = ({ data }) => this.hear(data);
      this.worker.onerror = this.worker.onmessageerror = () => this.stop();
    } catch {
      this.stop();
    }
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
    this.versions.clear();
    for (const name of this.loads.keys()) this.endLoad(name, false);
    this.answer(null);
    this.endLook();
  }

  has(name) {
    return this.versions.has(name);
  }

  // The answer for a drawing; null where there is none here. One at a time.
  ask(name, drawn) {
    if (!this.has(name)) return null;
    this.answer(null);
    const seq = ++this.sequence;
    this.worker.postMessage({ type: "strokes", seq, model: name, ...drawn });
    return new Promise((resolve) => {
      this.asked = { seq, resolve, timer: setTimeout(() => this.lookOnce(seq), PATIENCE_MS) };
    });
  }

  // What is inside that network, as inside.js has it; null where that is not known here. One at a time.
  inside(name, asked) {
    if (!this.has(name)) return null;
    this.endLook();
    const seq = ++this.sequence;
    this.worker.postMessage({ type: "inside", seq, model: name, ...asked });
    return new Promise((resolve) => (this.looking = { seq, resolve }));
  }

  // After a sleep of the device, the time is over before the answer could be heard.
  lookOnce(seq) {
    if (this.asked?.seq === seq) this.asked.timer = setTimeout(() => this.stop(), GRACE_MS);
  }

  // Whether that version answers from now on, or a newer one. One at a time of each name.
  load(name, version, source) {
    if (!this.worker) return Promise.resolve(false);
    if (version <= this.versions.get(name)) return Promise.resolve(true);
    const loaded = new Promise((resolve) => this.loads.set(name, resolve));
    const { bytes } = source;
    this.worker.postMessage({ type: "weights", model: name, version, ...source }, bytes ? [bytes] : []);
    return loaded;
  }

  forget(name) {
    this.worker?.postMessage({ type: "forget", model: name });
    this.versions.delete(name);
    this.endLoad(name, false);
  }

  hear({ type, seq, model, version, ...rest }) {
    if (type === "loaded" && this.loads.has(model)) this.versions.set(model, version);
    if (type === "loaded" || type === "failed") this.endLoad(model, type === "loaded");
    else if (type === "inside") this.endLook(seq, rest.inside);
    else if (seq === this.asked?.seq) this.answer(type === "answer" ? { version, ...rest } : null);
  }

  endLook(seq = this.looking?.seq, found = null) {
    if (seq === this.looking?.seq) this.looking?.resolve(found);
  }

  endLoad(name, outcome) {
    this.loads.get(name)?.(outcome);
    this.loads.delete(name);
  }

  answer(answer) {
    const { asked } = this;
    if (!asked) return;
    this.asked = null;
    clearTimeout(asked.timer);
    asked.resolve(answer);
  }
}
