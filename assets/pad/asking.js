// Asking for the answer while the pen is still moving: the network that is here, or else the server.
// One request at a time, and again where something changed meanwhile.
import { bytesOf } from "../shared/bytes.js";
import { latestOnly, sleep } from "../shared/latest.js";
import { call, emit, on, page } from "../shared/page.js";
import { travelling } from "../shared/drawn.js";
import { sparse } from "../shared/strokes.js";
import { nameOf } from "./own.js";

const TIMEOUT_MS = 5000;
const FIRST_TIMEOUT_MS = 30_000; // the server may be reading the network from its disk
const RATE_MS = 500;

const drawn = (part) => ({ ...part, image: bytesOf(part.image) });

// What the model that answers is called here; null where the server alone has it.
export const answering = () => (page.model === "ready" ? "ready" : page.own && nameOf(page.own));

export class Asking {
  // pad: {element, server, reader, drawing, changedAt, isResting}
  constructor(pad) {
    this.pad = pad;
    this.wanted = null; // why a prediction is due
    this.sequence = 0;
    this.newest = { name: null, version: 0 }; // of the weights that have answered
    this.overtake = () => {}; // ends the wait for the server
    this.run = latestOnly(() => this.ask());
    on(pad.element, "mnist:renewed", () => (this.newest = { name: null, version: 0 }));
  }

  // cause: "ink", "model" or "moment"; the drawing's own change goes before the others.
  predict(cause) {
    if (this.wanted !== "ink") this.wanted = cause;
    if (this.pad.reader.has(answering())) this.overtake();
    return this.run();
  }

  // The network has come: a drawing that waits for the server waits no more.
  goOn() {
    if (this.wanted || this.run.isBusy()) this.predict("model");
  }

  async ask() {
    if (!this.wanted || !this.pad.element.isConnected) return;
    const cause = this.wanted;
    this.wanted = null;
    const { model } = page;
    const details = { asked: model, cause, drawnAt: this.pad.changedAt };
    const seq = ++this.sequence;
    const { strokes, picture } = this.pad.drawing;
    const drawn = travelling({ strokes: strokes.map(sparse), picture }, model);
    const name = answering();
    const { own } = page;
    const answer = await this.pad.reader.ask(name, drawn);
    if (!answer) await this.askServer({ ...drawn, model, seq }, { ...details, name });
    else if (this.isNewest(name, answer) || cause !== "moment") {
      const weights = model === "ready" ? null : { run: own.run, step: own.step, version: answer.version };
      this.show({ ...answer, weights, seq, model, trained: page.trained }, details);
    }
  }

  // Whether no newer weights have answered before: the server may be ahead of what comes here.
  isNewest(name, { version }) {
    const isOld = this.newest.name === name && version < this.newest.version;
    if (!isOld) this.newest = { name, version };
    return !isOld;
  }

  async askServer(payload, { name, ...details }) {
    const overtaken = new Promise((resolve) => (this.overtake = () => resolve({ overtaken: true })));
    const timeout = page.prediction ? TIMEOUT_MS : FIRST_TIMEOUT_MS;
    const asked = call(this.pad.server, "predict", payload, { timeout }).catch(() => null);
    const answer = await Promise.race([asked, overtaken]);
    if (answer?.overtaken) {
      if (details.cause === "ink") this.wanted = "ink"; // and another is due
      return;
    }
    if (answer?.ok) {
      if (answer.weights) this.isNewest(name, answer.weights);
      this.show({ ...answer, image: bytesOf(answer.image), parts: (answer.parts ?? []).map(drawn) }, details);
    } else await this.refused(answer ?? { code: "lost", error: "reconnecting…" }, details.cause);
  }

  // What is wanted still is asked for again: in a moment, or when the server is back.
  async refused(answer, cause) {
    emit("mnist:refused", answer);
    if (answer.code === "lost" || answer.code === "rate") this.wanted ??= cause;
    if (answer.code !== "rate") return;
    this.run();
    await sleep(RATE_MS);
  }

  show(answer, details) {
    const image = Array.from(answer.image);
    emit("mnist:prediction", { ...answer, image, ...details, resting: this.pad.isResting });
  }
}
