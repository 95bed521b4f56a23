// What the visitor orders: train, pause, step, stop, reset, and settings that change on the way.
import { call, emit } from "../shared/page.js";
import { ordersOf } from "./runs.js";
import { AWAY, isActive } from "./words.js";

export class Orders {
  constructor(root, lab, live) {
    this.root = root;
    this.lab = lab;
    this.live = live; // names of the settings that may change while it learns
    this.busy = false; // an order is on its way
    this.faultTold = false; // the status line tells what is wrong with the set-up
    const buttons = [...root.querySelectorAll("[data-order]")];
    this.buttons = Object.fromEntries(buttons.map((button) => [button.dataset.order, button]));
    this.wire(lab.setup.form);
  }

  wire(form) {
    const { pause, step, stop, reset } = this.buttons;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.busy) this.start(false);
    });
    form.addEventListener("input", () => this.mended());
    form.addEventListener("change", ({ target }) => this.change(target.name));
    pause.addEventListener("click", () => this.order(this.status === "paused" ? "resume" : "pause"));
    step.addEventListener("click", () => {
      if (this.busy) return;
      if (this.status === "paused") this.order("step");
      else this.start(true);
    });
    stop.addEventListener("click", () => this.order("stop"));
    reset.addEventListener("click", () => this.reset());
  }

  get status() {
    return this.lab.current?.status;
  }

  show(run) {
    const held = this.root.contains(document.activeElement) ? document.activeElement : null;
    const { pause, stop, train } = this.buttons;
    pause.textContent = run?.status === "paused" ? "Resume" : "Pause";
    for (const [name, on] of Object.entries(ordersOf(run))) this.buttons[name].disabled = !on;
    this.lab.setup.lock(isActive(run));
    // A control that is disabled under the visitor's hands hands the focus on.
    if (held?.disabled) [pause, stop, train].find((each) => !each.disabled).focus();
  }

  // Whether the server did as it was told.
  async act(name, payload) {
    this.busy = true;
    try {
      const answer = await call(this.lab.server, name, payload);
      if (!answer.ok) this.lab.status.say(answer.error);
      return answer.ok;
    } catch {
      this.lab.status.say(AWAY);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async order(kind) {
    const done = await this.act("lab_order", { order: kind });
    if (done) setTimeout(() => this.lab.following.poll(), 40);
    return done;
  }

  async start(paused) {
    const { setup, status, moments, views, following } = this.lab;
    const values = setup.read();
    const fault = setup.wrong(values);
    this.faultTold = fault !== null;
    if (fault) {
      status.say(fault);
      setup.showFault(values);
      return;
    }
    status.say("Starting.");
    moments.toNewest();
    views.matrix.clearPictures();
    if (!(await this.act("lab_start", { setup: values, paused, visit: following.visit }))) return;
    following.hasModel = false; // it is another's from now on
    this.lab.setReset();
    await following.poll();
    if (paused && (await this.act("lab_order", { order: "step" }))) setTimeout(() => following.poll(), 60);
  }

  async reset() {
    const { runs, moments, views, following, setup } = this.lab;
    following.forgotten = runs.newest?.id ?? null;
    this.lab.setReset(runs.list.at(-2));
    if (!(await this.order("reset"))) {
      following.forgotten = null;
      this.lab.setReset();
      return;
    }
    setup.reset();
    moments.toNewest();
    views.matrix.clearPictures();
    emit("mnist:model", { model: "ready" });
    await following.poll();
    this.lab.draw();
  }

  // Once a fault that was told is mended, it is no news any more.
  mended() {
    const { setup, status } = this.lab;
    if (!this.faultTold || setup.wrong(setup.read())) return;
    this.faultTold = false;
    status.say("Press Train to begin.");
  }

  change(name) {
    if (!isActive(this.lab.runs.newest) || !this.live.includes(name)) return;
    const value = this.lab.setup.read()[name];
    if (value !== null) this.act("lab_set", { values: { [name]: value } });
  }
}
