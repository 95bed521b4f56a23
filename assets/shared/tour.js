// A tour of the page for the first minute. It takes nothing over: the pen goes on drawing, and a press
// elsewhere, Escape or Skip ends it.
import { make, write } from "./draw.js";
import { kept } from "./storage.js";
import { openTab } from "./tabs.js";

const STOPS = [
  { at: "#sketchpad .paper", title: "Draw here", text: "Any digit, with mouse, finger or pen. Or press one of the numbers below the pad." },
  { at: "#probabilities", title: "What the network says", text: "A bar for each digit: how sure it is. They move while you draw, and the large digit is its answer." },
  { at: "#lab [data-order=train]", title: "Train your own", text: "Train starts a new network from nothing. It learns from thousands of handwritten digits, here, and answers for your drawing from then on." },
  { at: "#tabs [role=tablist]", title: "Look inside", text: "Once it has learnt, the slider Back in time shows what it knew earlier. Under the hood goes from your drawing to the answer in ten steps." },
  { at: "#lab .buttons.keep", title: "Keep it", text: "Your model as a file, its curve as a picture, or a link that opens all this as it stands." },
];
const HEIGHT = "--tour-height"; // what it takes of a narrow screen, for the style sheet
const SEEN = "mnist:tour";
const GAP = 12;
const EDGE = 8;
const NARROW = 560; // px: below, the words stand at the bottom of the screen

// Where a box of that size stands beside the target: to its right, below or above, in the window.
export function placeBeside(target, { width, height }, { innerWidth, innerHeight }) {
  const within = (value, most) => Math.max(EDGE, Math.min(value, most - EDGE));
  if (innerWidth < NARROW) return { left: EDGE, top: innerHeight - height - EDGE };
  const isRight = target.right + GAP + width + EDGE <= innerWidth;
  if (isRight && target.height > height / 2) return { left: target.right + GAP, top: within(target.top, innerHeight - height) };
  const isBelow = target.bottom + GAP + height + EDGE <= innerHeight;
  const top = isBelow ? target.bottom + GAP : target.top - GAP - height;
  return { left: within(target.left, innerWidth - width), top: within(top, innerHeight - height) };
}

class Tour {
  stop = 0;
  isAside = false; // while the pen moves

  constructor(onLeave) {
    this.onLeave = onLeave;
    this.title = make("p", { className: "title", id: "tour-title" });
    this.text = make("p");
    const skip = make("button", { type: "button", textContent: "Skip" });
    this.next = make("button", { type: "button", className: "next" });
    skip.addEventListener("click", () => this.leave());
    this.next.addEventListener("click", () => this.goOn());
    this.tip = make(
      "div", { className: "tour", role: "dialog", aria: { labelledby: "tour-title" } },
      make("div", { aria: { live: "polite" } }, this.title, this.text),
      make("div", { className: "buttons" }, skip, this.next),
    );
    document.body.append(this.tip);
    this.listen();
    this.show();
    this.next.focus();
  }

  listen() {
    this.ends = new AbortController();
    const { signal } = this.ends;
    const hear = (name, listener, options) => addEventListener(name, listener, { signal, ...options });
    hear("keydown", ({ key }) => key === "Escape" && this.leave(), { capture: true });
    hear("pointerdown", ({ target }) => this.tip.contains(target) || target.closest?.("#sketchpad") || this.leave(), { capture: true });
    for (const name of ["scroll", "resize"]) hear(name, () => this.place(), { capture: true, passive: true });
    hear("mnist:drawing", () => this.stepAside());
    hear("mnist:rest", () => this.comeBack());
    hear("mnist:ink", () => this.isAside || this.stop || this.goOn()); // one of the samples
  }

  get target() {
    return document.querySelector(STOPS[this.stop].at);
  }

  show() {
    const { title, text } = STOPS[this.stop];
    const { target } = this;
    if (this.stop > 1) openTab(0);
    write(this.title, `${this.stop + 1} of ${STOPS.length}: ${title}`);
    write(this.text, text);
    write(this.next, this.stop + 1 < STOPS.length ? "Next" : "Done");
    this.tip.hidden = false;
    document.documentElement.style.setProperty(HEIGHT, `${this.tip.offsetHeight + 2 * GAP}px`);
    target.toggleAttribute("data-toured", true);
    this.bringToSight();
    // Once more where a tab has just been opened, which takes until the next frame.
    if (this.stop > 1) requestAnimationFrame(() => requestAnimationFrame(() => this.tip.isConnected && this.bringToSight()));
  }

  bringToSight() {
    this.target.scrollIntoView({ block: "nearest" });
    this.place();
  }

  place() {
    const { left, top } = placeBeside(this.target.getBoundingClientRect(), this.tip.getBoundingClientRect(), window);
    Object.assign(this.tip.style, { left: `${left}px`, top: `${top}px` });
  }

  unmark() {
    this.target.removeAttribute("data-toured");
  }

  goOn() {
    this.unmark();
    this.stop += 1;
    if (this.stop < STOPS.length) this.show();
    else this.leave();
  }

  stepAside() {
    if (this.isAside) return;
    this.isAside = true;
    this.unmark();
    this.tip.hidden = true;
  }

  // The focus stays at the pad.
  comeBack() {
    if (!this.isAside) return;
    this.isAside = false;
    if (this.stop === 0) this.stop = 1;
    this.show();
  }

  leave() {
    const hadFocus = this.tip.contains(document.activeElement);
    this.stop = Math.min(this.stop, STOPS.length - 1);
    this.unmark();
    this.ends.abort();
    this.tip.remove();
    document.documentElement.style.removeProperty(HEIGHT);
    this.onLeave(hadFocus);
  }
}

// invites: a visitor who is new is asked. Who has drawn or taken the tour is no longer.
export function offerTour(button, { invites }) {
  let tour = null;
  if (invites && kept.read(SEEN) === null) write(button, "New here? A short tour");
  const isSeen = () => kept.write(SEEN, "1");
  addEventListener("mnist:drawing", isSeen, { once: true });
  button.addEventListener("click", () => {
    isSeen();
    write(button, "Tour");
    tour ??= new Tour((hadFocus) => {
      tour = null;
      if (hadFocus) button.focus();
    });
  });
}
