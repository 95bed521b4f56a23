// Asking for the answer while the pen is still moving: one request at a time, and again where
// something changed meanwhile.
import { bytesOf } from "../shared/bytes.js";
import { latestOnly, sleep } from "../shared/latest.js";
import { call, emit, page } from "../shared/page.js";
import { rounded, sparse } from "../shared/strokes.js";

const TIMEOUT_MS = 5000;
const RATE_MS = 500;
const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 4000;

export class Asking {
  // pad: {element, server, drawing, changedAt, isResting}
  constructor(pad) {
    this.pad = pad;
    this.wanted = null; // why a prediction is due
    this.sequence = 0;
    this.wait = FIRST_WAIT_MS;
    this.wake = () => {};
    this.run = latestOnly(() => this.ask());
    window.addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => this.wake());
  }

  // cause: "ink", "model" or "moment"; the drawing's own change goes before the others.
  predict(cause) {
    if (this.wanted !== "ink") this.wanted = cause;
    return this.run();
  }

  async ask() {
    if (!this.wanted || !this.pad.element.isConnected) return;
    const cause = this.wanted;
    this.wanted = null;
    const details = { asked: page.model, cause, drawnAt: this.pad.changedAt };
    const strokes = rounded(this.pad.drawing.strokes.map(sparse));
    const payload = { strokes, model: page.model, seq: ++this.sequence };
    const answer = await call(this.pad.server, "predict", payload, { timeout: TIMEOUT_MS }).catch(() => null);
    if (answer) await this.hear(answer, details);
    else await this.reconnect(cause);
  }

  async hear(answer, details) {
    if (this.wait > FIRST_WAIT_MS) emit("mnist:connection", { lost: false });
    this.wait = FIRST_WAIT_MS;
    if (answer.ok) {
      const image = Array.from(bytesOf(answer.image));
      emit("mnist:prediction", { ...answer, image, ...details, resting: this.pad.isResting });
      return;
    }
    emit("mnist:refused", { error: answer.error });
    if (answer.code === "rate") await this.again(details.cause, sleep(RATE_MS));
  }

  async reconnect(cause) {
    emit("mnist:connection", { lost: true });
    const { wait } = this;
    this.wait = Math.min(2 * wait, LAST_WAIT_MS);
    await this.again(cause, Promise.race([sleep(wait), new Promise((resolve) => (this.wake = resolve))]));
  }

  // The drawing still has no answer.
  async again(cause, moment) {
    this.wanted ??= cause;
    this.run();
    await moment;
  }
}
