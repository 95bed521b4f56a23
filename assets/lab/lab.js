// The training laboratory: its parts, and how they begin and end.
import { call, connected, emit, page, session } from "../shared/page.js";
import { storage } from "../shared/storage.js";
import { explainTerms, writeWithTerms } from "../shared/terms.js";
import { Beside } from "./beside.js";
import { Board } from "./board.js";
import { Chart } from "./chart.js";
import { Diagram } from "./diagram/diagram.js";
import { Following } from "./following.js";
import { Keeping } from "./keep.js";
import { Lesson } from "./lesson.js";
import { LessonCard } from "./card.js";
import { LessonForm } from "./linking.js";
import { Moments } from "./moments.js";
import { Opened } from "./opened.js";
import { Orders } from "./orders.js";
import { Progress } from "./progress.js";
import { Runs } from "./runs.js";
import { SetupForm } from "./setup.js";
import { StatusLine } from "./status.js";
import { trainingOf } from "./training.js";
import { Views } from "./views.js";
import { describe, isActive, isBare, measureOf, sentence } from "./words.js";

const RESET = "mnist:reset";
const AFTER_RESET = "Reset: nothing has been learnt yet. Earlier runs stay in the table.";

class Lab {
  constructor({ element, props: { controls }, server }) {
    const root = element.querySelector(".lab");
    explainTerms(root);
    this.element = element;
    this.server = server;
    this.results = root.querySelector(".results");
    this.closely = root.querySelector(".closely");
    this.ofRun = [...root.querySelectorAll(".pair")];
    this.ofWeights = [...root.querySelectorAll(".time, .looks, .gallery")];
    this.resetTo = storage.read(RESET); // the newest run's id, as it was left after a reset
    this.measured = root.querySelector(".measured");
    this.runs = new Runs();
    this.status = new StatusLine(root);
    this.setup = new SetupForm(root.querySelector("form"), controls);
    this.progress = new Progress(root);
    this.chart = new Chart(root.querySelector(".chart"));
    this.board = new Board(root.querySelector(".board"));
    this.board.onOpen = (id) => this.opened.open(id);
    this.opened = new Opened(root, this);
    this.beside = new Beside(root, this);
    this.board.onCompare = (id) => this.beside.toggle(id);
    this.views = new Views(root, this);
    this.moments = new Moments(root, this);
    this.following = new Following(this);
    this.orders = new Orders(root, this, controls.live);
    this.keeping = new Keeping(root, this, controls.upload_bytes);
    this.lesson = new Lesson(root, this);
    this.diagram = new Diagram(root.querySelector(".diagram"), server);
    this.card = new LessonCard(this);
    new LessonForm(root, this.setup);
    page.training = trainingOf(this);
  }

  // The run that the page is about. After a reset there is none, though earlier ones are listed.
  get current() {
    const run = this.runs.newest;
    return String(run?.id) === this.resetTo ? undefined : run;
  }

  // What "yours" is, where the browser may have its weights.
  get own() {
    const { run } = this.opened;
    const { chosen } = this.moments;
    const { hasModel, loaded } = this.following;
    const { id, weights } = loaded ?? run ?? {};
    if (!hasModel || !weights) return null;
    if (loaded) return { run: id, step: null, version: weights, kept: [], isOver: true };
    const isOver = !isActive(run);
    const kept = isOver ? run.moments.map(([step]) => step) : [];
    const step = chosen === null ? null : (run.moments[chosen]?.[0] ?? null);
    return { run: id, step, version: weights, kept, isOver };
  }

  tellOwn() {
    emit("mnist:own", { own: this.own, trained: this.following.hasModel });
  }

  // run: the newest that a reset leaves, or undefined. Without `run`, what comes is current again.
  setReset(run) {
    this.resetTo = run ? String(run.id) : null;
    storage.write(RESET, this.resetTo ?? "");
  }

  async begin() {
    this.draw();
    await connected; // and so the pad is there, for a drawing that a link brings
    this.followAddress();
    this.card.show(location.hash);
    await session();
    this.listen();
    await this.following.poll();
    const { current } = this;
    if (!location.hash && current) this.setup.write(current.setup);
  }

  // The server's first training takes seconds to begin, which it does once somebody comes near.
  near() {
    call(this.server, "lab_near", {}).catch(() => {}); // Train says what is wrong
  }

  // A link that is pasted into the page's own address bar loads nothing anew.
  followAddress() {
    window.addEventListener("hashchange", this.here(() => {
      if (!isActive(this.runs.newest)) this.card.show(location.hash);
    }));
  }

  // As long as this is the page's tab.
  here(listener) {
    return () => this.element.isConnected && listener();
  }

  listen() {
    for (const sign of ["pointerenter", "focusin"]) this.element.addEventListener(sign, () => this.near(), { once: true });
    window.addEventListener("pagehide", this.here(() => this.leave()));
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.element.isConnected && this.following.comeBack());
    document.addEventListener("visibilitychange", () => this.following.poll());
  }

  draw(queue) {
    const { run } = this.opened;
    const { current } = this;
    const about = this.opened.id === null ? current : run; // after a reset, none unless one is opened
    this.results.hidden = this.closely.hidden = !this.runs.list.some(({ moments }) => moments.length);
    for (const part of this.ofRun) part.hidden = !about;
    for (const part of this.ofWeights) part.hidden = !about || isBare(about);
    this.orders.show(current);
    this.progress.show(current);
    this.beside.follow();
    if (!run) return;
    const whose = current && run !== current ? `Run ${current.id}, the newest: ` : "";
    this.status.say(current ? whose + sentence(current, queue) : AFTER_RESET);
    if (this.results.hidden) return;
    this.moments.show(run);
    this.drawChart();
    const { presets } = this.setup.controls;
    this.board.show(this.runs.list.map((each) => ({ ...each, words: describe(each, presets) })), run.id, this.beside.id);
    this.opened.show();
  }

  drawChart() {
    const { run } = this.opened;
    writeWithTerms(this.measured, `${measureOf(run).name} pictures`);
    const { beside } = this;
    const others = this.runs.list.filter((each) => each !== run && each !== beside.run);
    const shown = [...others, ...(beside.run ? [beside.run] : []), run].map((each) => ({
      id: each.id,
      isBeside: each === beside.run,
      active: isActive(each),
      measure: measureOf(each),
      total: (each.started.steps_per_epoch ?? 0) * each.setup.epochs,
      epochs: each.setup.epochs,
      perEpoch: each.started.steps_per_epoch,
      ...this.runs.historyOf(each.id),
    }));
    const { chosen } = this.moments;
    const step = chosen === null ? null : run.moments[chosen]?.[0];
    this.chart.show(shown, shown.at(-1).measures.find((row) => row[0] === step) ?? null);
    beside.show();
  }

  // A model that the visitor brought along answers from now on.
  welcome(loaded) {
    Object.assign(this.following, { hasModel: true, loaded });
    this.tellOwn();
    emit("mnist:model", { model: "yours" });
    this.following.poll();
  }

  // A page that closes can't wait for an answer, so this goes by beacon, to the address that
  // `server` uses as well.
  leave() {
    const config = window.gradio_config;
    const own = config?.components?.find((each) => each.props?.elem_id === "lab");
    const { token, visit } = this.following;
    if (!own || !token) return;
    const body = { data: { token, visit }, component_id: own.id, fn_name: "lab_leave", session_hash: "leaving" };
    const address = `${config.root}${config.api_prefix ?? ""}/component_server/`;
    navigator.sendBeacon(address, new Blob([JSON.stringify(body)], { type: "application/json" }));
  }
}

export function mount(given) {
  return new Lab(given).begin();
}
