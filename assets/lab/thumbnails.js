// Pictures of MNIST as buttons, in a grid: one press puts a picture on the pad, as it is.
import { bytesOf } from "../shared/bytes.js";
import { make, paintOnWhite, write } from "../shared/draw.js";
import { call, page } from "../shared/page.js";
import { captionOf } from "./answers.js";

const AT_ONCE = 60; // so many pictures a request
const PIXELS = 784;

const known = new Map(); // pixels by set and place: they never change
const nameOf = (held, at) => `${held}/${at}`;

async function bring(server, held, places) {
  const missing = places.filter((at) => !known.has(nameOf(held, at)));
  for (let first = 0; first < missing.length; first += AT_ONCE) {
    const part = missing.slice(first, first + AT_ONCE);
    const answer = await call(server, "lab_pictures", { held, at: part }).catch(() => null);
    if (!answer?.ok) return; // they are asked for again the next time
    const pixels = bytesOf(answer.images);
    part.forEach((at, i) => known.set(nameOf(held, at), pixels.subarray(PIXELS * i, PIXELS * (i + 1))));
  }
}

export class Thumbnails {
  tiles = new Map(); // by set and place
  shown = []; // of them, in their order

  constructor(grid, server) {
    this.grid = grid;
    this.server = server;
    grid.addEventListener("keydown", (event) => this.move(event));
    grid.addEventListener("focusin", ({ target }) => this.enter(target));
  }

  // Whoever is shown already stays, with the focus, and only says something else.
  async show(held, pictures) {
    const names = pictures.map(({ at }) => nameOf(held, at));
    this.tiles = new Map(names.map((name) => [name, this.tiles.get(name) ?? this.tile(name)]));
    names.forEach((name, i) => this.tiles.get(name).say(pictures[i]));
    if (names.join() !== this.shown.join()) this.place(names);
    this.paint();
    await bring(this.server, held, pictures.map(({ at }) => at));
    this.paint();
  }

  place(names) {
    const held = this.grid.contains(document.activeElement) ? document.activeElement : null;
    this.shown = names;
    this.grid.replaceChildren(...[...this.tiles.values()].map(({ button }) => button));
    held?.focus({ preventScroll: true });
    this.enter(this.grid.contains(document.activeElement) ? document.activeElement : this.grid.firstChild);
  }

  tile(name) {
    const canvas = make("canvas", { width: 28, height: 28 });
    const [is, share] = [make("span"), make("span")];
    const button = make("button", { type: "button", className: "tile", tabIndex: -1 }, canvas, is, share);
    button.addEventListener("click", () => known.has(name) && page.setImage(known.get(name)));
    const say = (picture) => {
      const caption = captionOf(picture);
      write(is, caption.is);
      write(share, caption.share);
      button.setAttribute("aria-label", `${caption.whole}: put it on the pad`);
      button.toggleAttribute("data-wrong", picture.truth !== picture.guess);
    };
    return { button, canvas, say, isPainted: false };
  }

  paint() {
    for (const [name, tile] of this.tiles) {
      if (tile.isPainted || !known.has(name)) continue;
      paintOnWhite(tile.canvas, known.get(name));
      tile.isPainted = true;
    }
  }

  // One stop for the Tab key, and arrows from there: there may be hundreds.
  enter(target) {
    const tile = target?.closest("button");
    if (!tile) return;
    for (const each of this.grid.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    tile.tabIndex = 0;
  }

  move(event) {
    const buttons = [...this.grid.children];
    const columns = buttons.filter(({ offsetTop }) => offsetTop === buttons[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const next = buttons[buttons.indexOf(document.activeElement) + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  focus(index) {
    this.grid.children[index]?.focus();
  }
}
