// The presentation view: parts of the page alone, at full width and in large type. The address says which,
// "?present=pad-bars"; present.css shows them.
import { make } from "./draw.js";
import { sleep } from "./latest.js";
import { openTab } from "./tabs.js";

const PARTS = { pad: "Pad", bars: "Bars", curve: "Curve", diagram: "Diagram" };
const AT_FIRST = ["pad", "bars"];
const OF_TRAIN = ["curve", "diagram"];
const KEY = "present";
const LOOK_MS = 50;

const wanted = () => new URLSearchParams(location.search).get(KEY);
export const isPresented = () => wanted() !== null;

// Those that an address names, in the page's order; where there are none, those to begin with.
export function partsIn(text) {
  const named = text.split("-");
  const parts = Object.keys(PARTS).filter((part) => named.includes(part));
  return parts.length ? parts : AT_FIRST;
}

export class Presentation {
  parts = []; // none: the page as usual

  constructor(opener) {
    this.opener = opener;
    opener.addEventListener("click", () => {
      this.show(AT_FIRST);
      this.buttons[AT_FIRST[0]].focus();
    });
    // Before others hear it: the first Escape closes what is open above the page.
    addEventListener("keydown", ({ key }) => key === "Escape" && this.bar && !isCovered() && this.leave(), { capture: true });
    if (isPresented()) this.show(partsIn(wanted()));
  }

  build() {
    this.buttons = Object.fromEntries(
      Object.entries(PARTS).map(([part, words]) => [part, make("button", { type: "button", textContent: words })]),
    );
    for (const [part, button] of Object.entries(this.buttons)) button.addEventListener("click", () => this.toggle(part));
    const leave = make("button", { type: "button", className: "leave", textContent: "Leave", title: "Leave the presentation view (Esc)" });
    leave.addEventListener("click", () => this.leave());
    this.bar = make("div", { className: "present", role: "group", aria: { label: "Presentation view" } }, ...Object.values(this.buttons), leave);
    document.body.append(this.bar);
  }

  toggle(part) {
    const left = this.parts.filter((each) => each !== part);
    const more = Object.keys(PARTS).filter((each) => each === part || left.includes(each));
    const parts = this.parts.includes(part) ? left : more;
    if (parts.length) this.show(parts); // the last one stays
  }

  show(parts) {
    if (!this.bar) this.build();
    this.parts = parts;
    document.documentElement.dataset.present = parts.join(" ");
    for (const [part, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(parts.includes(part)));
    tell(parts.join("-"));
    scrollTo(0, 0);
    if (OF_TRAIN.some((part) => parts.includes(part))) this.openTrain();
  }

  // Where the address asks for it, the tab may be still to come.
  async openTrain() {
    const diagram = await whenThere("#lab .diagram");
    if (!this.bar) return;
    openTab(0);
    this.wasOpen ??= diagram.open;
    if (this.parts.includes("diagram")) diagram.open = true;
  }

  leave() {
    this.bar.remove();
    this.bar = null;
    if (this.wasOpen === false) document.querySelector("#lab .diagram").open = false;
    this.wasOpen = undefined;
    delete document.documentElement.dataset.present;
    tell(null);
    this.opener.focus();
  }
}

async function whenThere(selector) {
  while (!document.querySelector(selector)) await sleep(LOOK_MS);
  return document.querySelector(selector);
}

const isCovered = () => CSS.supports("selector(:popover-open)") && document.querySelector(":popover-open") !== null;

// So that a reload or a copy of the address finds the same view.
function tell(text) {
  const address = new URL(location.href);
  address.searchParams.delete(KEY);
  if (text) address.searchParams.set(KEY, text);
  history.replaceState(history.state, "", address);
}
