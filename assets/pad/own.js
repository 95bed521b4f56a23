// The visitor's own weights, brought here one after the other: first those that answer now, and when
// their training is over the moments that the slider may go to.
import { latestOnly, sleep } from "../shared/latest.js";

const TIMEOUT_MS = 60_000;
const AGAIN_MS = 1000;
const LAST_AGAIN_MS = 30_000; // a link may be too slow for them ever to come
const MOST_BYTES = 16 * 2 ** 20; // of the moments that are kept here

// What a network is called here. own: {run, step}; step null is the newest of the run.
export const nameOf = ({ run, step }) => (step === null ? `yours/${run}` : `yours/${run}/${step}`);

export const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 3000 });
    else setTimeout(resolve, 300);
  });

// Weights of the visitor with that secret, as `OwnWeights` wants them.
export async function fetchWeights(token, { run, step }) {
  const response = await fetch(new URL("page/weights", document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, run, step }),
    priority: "low",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  if (response.headers.get("Content-Type") !== "application/octet-stream") return response.json();
  return { bytes: await response.arrayBuffer(), version: Number(response.headers.get("X-Version")) };
}

export class OwnWeights {
  // fetchWeights: ({run, step}) → {bytes, version}, or {code} of a refusal; it throws where the server
  // is out of reach. isWanted: whether it is worth the while. heard: told when other weights answer.
  constructor(reader, { fetchWeights, isWanted, heard }) {
    this.reader = reader;
    this.fetchWeights = fetchWeights;
    this.isWanted = isWanted;
    this.heard = heard;
    this.own = null;
    this.wait = AGAIN_MS;
    this.moments = new Map(); // that are here: how many bytes, by name; who answered last comes last
    this.useless = new Set(); // "name:version" that can't be had, or of no use
    this.bring = latestOnly(() => this.work());
  }

  // own: {run, step, version, kept, isOver}, or null where the server alone has what answers. `version`
  // is that of the run's newest weights; `kept` are the steps of its moments once it is over. A model
  // that the visitor loaded is a run that is over.
  follow(own) {
    const before = this.own;
    this.own = own;
    if (own?.run !== before?.run) this.forget();
    if (this.isHere(own)) {
      this.use(nameOf(own));
      // At once; what the server is told of them comes later.
      if (nameOf(before) !== nameOf(own)) this.heard({ told: false });
    } else if (!this.isToCome(own)) this.heard(); // the server answers
    return this.bring();
  }

  forget() {
    for (const name of this.reader.versions.keys()) if (name.startsWith("yours/")) this.reader.forget(name);
    this.moments.clear();
    this.useless.clear();
  }

  isHere(own) {
    return own !== null && this.reader.has(nameOf(own));
  }

  use(name) {
    const bytes = this.moments.get(name);
    if (bytes && this.moments.delete(name)) this.moments.set(name, bytes);
  }

  isToCome(own) {
    if (!own || !this.reader.worker) return false;
    const version = own.step === null ? own.version : 1;
    const name = nameOf(own);
    return !(version <= this.reader.versions.get(name)) && !this.useless.has(`${name}:${version}`);
  }

  // What to bring next.
  get next() {
    const { own } = this;
    if (!own || !this.isWanted(own)) return null;
    if (this.isToCome(own)) return own;
    if (!own.kept.length) return null;
    const newest = { ...own, step: null };
    if (this.isToCome(newest)) return newest;
    const sizes = [...this.moments.values()];
    const room = MOST_BYTES - sizes.reduce((sum, size) => sum + size, Math.max(0, ...sizes));
    const moments = own.kept.map((step) => ({ ...own, step })).reverse();
    return room > 0 ? moments.find((each) => this.isToCome(each)) : null;
  }

  async work() {
    const { own } = this;
    const { next } = this;
    if (!next) return;
    if (next !== own) await idle();
    if (this.own !== own) return;
    const found = await this.fetchWeights(next).catch(() => null);
    if (this.own?.run !== own.run) return; // they are another training's by now
    if (found?.bytes) await this.take(next, found);
    else await this.refuse(next, found?.code);
    this.bring();
  }

  async take(each, { bytes, version }) {
    const name = nameOf(each);
    const size = bytes.byteLength;
    if (!(await this.reader.load(name, version, { bytes }))) {
      await this.refuse(each, "damaged");
      return;
    }
    this.wait = AGAIN_MS;
    if (this.own?.run !== each.run) {
      this.reader.forget(name); // another training began meanwhile
      return;
    }
    if (each.step !== null) this.keep(name, size);
    if (this.own && name === nameOf(this.own)) this.heard();
  }

  keep(name, size) {
    this.moments.set(name, size);
    let sum = [...this.moments.values()].reduce((a, b) => a + b, 0);
    for (const [oldest, bytes] of this.moments) {
      if (sum <= MOST_BYTES || oldest === name) return;
      sum -= bytes;
      this.moments.delete(oldest);
      this.reader.forget(oldest);
    }
  }

  async refuse(each, code) {
    if (code === undefined || code === "rate" || code === "session") {
      await sleep(this.wait);
      this.wait = Math.min(2 * this.wait, LAST_AGAIN_MS);
      return;
    }
    const name = nameOf(each);
    this.useless.add(`${name}:${each.step === null ? each.version : 1}`);
    this.reader.forget(name); // older ones would answer in their place
    if (this.own && name === nameOf(this.own)) this.heard();
  }
}
