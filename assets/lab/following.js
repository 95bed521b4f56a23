// Following the newest run five times a second, and all that its news changes on the page.
import { latestOnly } from "../shared/latest.js";
import { call, emit, on, session } from "../shared/page.js";
import { isActive } from "./words.js";

const POLL_MS = 200;
const HERE_MS = 10_000; // without a training, this often the server hears that the page is open

const newVisit = () => Math.random().toString(36).slice(2);

export class Following {
  constructor(lab) {
    this.lab = lab;
    this.token = null; // of the session followed; the goodbye can't wait for it
    this.visit = newVisit(); // named in the goodbye: what was asked before it may arrive after it
    this.hasModel = false; // the visitor has one of their own
    this.loaded = null; // {id, weights}: and it is one that they brought along
    this.forgotten = null; // id of the run that a reset takes away
    this.version = "";
    this.poll = latestOnly(() => this.ask());
    on(lab.element, "mnist:connection", ({ lost }) => lost || this.poll());
  }

  // The browser had only put the page away.
  comeBack() {
    this.visit = newVisit();
    this.poll();
  }

  async ask() {
    const { element, runs, status } = this.lab;
    clearTimeout(this.timer);
    if (!element.isConnected) return;
    try {
      await this.fetch();
    } catch {
      if (isActive(runs.newest)) status.say("The server is out of reach for the moment. Trying again.");
    }
    this.timer = setTimeout(this.poll, isActive(runs.newest) ? POLL_MS : HERE_MS);
  }

  async fetch() {
    const { runs, server, status, moments } = this.lab;
    const current = await session();
    const renewed = current !== this.token;
    if (renewed) runs.forgetHistories();
    const { moves } = moments;
    const asked = { known: runs.known, all: renewed, hidden: document.hidden, visit: this.visit };
    const answer = await call(server, "lab_poll", asked);
    if (!answer.ok) {
      status.say(answer.error);
      return;
    }
    const first = this.token === null;
    this.token = current;
    this.hear(answer, { first, settled: moves === moments.moves && moments.isTold });
  }

  // first: since the page was opened. settled: the slider stands where the server was told it stands.
  hear(answer, { first, settled }) {
    const { runs, setup, moments, views, opened } = this.lab;
    const before = runs.newest;
    runs.hear(answer);
    const run = runs.newest;
    this.tellLoss(before, run);
    this.noteModel(answer, first);
    if (settled && run) {
      opened.id = answer.opened;
      moments.keep(opened.run, answer.shown);
    }
    this.showNews(run, answer.queue);
    if (!run || isActive(run) || !isActive(before)) return;
    setup.learn(run);
    if (moments.atNewest) views.show({ surely: true });
  }

  tellLoss(before, run) {
    const reset = before?.id === this.forgotten;
    if (before && !run) {
      this.lab.setReset();
      this.lab.status.say(
        reset ? "Reset: nothing has been learnt yet." : "The training is gone: the page was away, or the server began anew.",
      );
    }
    if (run?.id !== this.forgotten) this.forgotten = null;
  }

  noteModel({ model, loaded }, first) {
    // The first time, the visitor has chosen already which one answers, before a reload.
    if (model && !this.hasModel && !first) emit("mnist:model", { model: "yours" });
    this.hasModel = model;
    this.loaded = loaded;
  }

  showNews(run, queue) {
    const { moments, views, runs, opened } = this.lab;
    const versions = runs.list.map(({ id, version: each }) => `${id} ${each}`);
    const news = [...versions, this.loaded?.id, this.hasModel, opened.id, moments.chosen];
    const version = run || this.loaded ? news.join(":") : "";
    if (version === this.version) {
      if (run?.status === "waiting") this.lab.draw(queue);
      return;
    }
    this.version = version;
    this.lab.tellOwn();
    this.lab.draw(queue);
    emit("mnist:run");
    if (moments.atNewest) views.show();
  }
}
