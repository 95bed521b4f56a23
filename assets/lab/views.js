// What the chosen moment looks like inside: its mix-ups, the weights of its first layer, and the gallery.
import { latestOnly } from "../shared/latest.js";
import { call } from "../shared/page.js";
import { Gallery } from "./gallery.js";
import { Matrix } from "./matrix.js";
import { Thumbnails } from "./thumbnails.js";
import { Weights } from "./weights.js";
import { measureOf } from "./words.js";

const EACH_MS = 500;

export class Views {
  constructor(root, lab) {
    this.lab = lab;
    const tiles = new Thumbnails(root.querySelector(".mistakes .tiles"), lab.server);
    this.matrix = new Matrix(root, tiles, (truth, guess) => this.showMistakes(truth, guess));
    this.weights = new Weights(root);
    this.gallery = new Gallery(root, lab);
    this.askedAt = 0;
    this.ask = latestOnly(() => this.fetch());
  }

  // At most so often while it learns, `surely` where it matters.
  show({ surely = false } = {}) {
    const soon = this.ask.isBusy() || performance.now() - this.askedAt < EACH_MS;
    if (surely || !soon) this.ask();
    this.gallery.show({ surely });
  }

  async fetch() {
    const { run } = this.lab.opened;
    if (!run) return;
    this.askedAt = performance.now();
    // Where the server is away, the next poll says so.
    const answer = (await this.call("lab_views", { run: run.id })) ?? {};
    if (answer.weights) this.weights.show(answer.weights, answer.scale, run.setup.hidden_sizes[0] ?? 10);
    if (answer.matrix) this.matrix.show(answer.matrix, answer.accuracy, measureOf(run));
  }

  async showMistakes(truth, guess) {
    const { run } = this.lab.opened;
    if (!run) return;
    const answer = await this.call("lab_mistakes", { run: run.id, truth, guess });
    if (answer?.ok) this.matrix.showPictures(truth, guess, answer);
  }

  call(name, payload) {
    const moment = this.lab.moments.chosen;
    return call(this.lab.server, name, { ...payload, moment }).catch(() => null);
  }
}
