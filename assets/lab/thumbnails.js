// Pictures of MNIST as buttons, in a grid: one press puts a picture on the pad, as it is.
import { bytesOf } from "../shared/bytes.js";
import { make, paintOnWhite, write } from "../shared/draw.js";
import { call, page } from "../shared/page.js";
import { readingCaption } from "./answers.js";
import { asOneStop, stopAt } from "./stops.js";

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

  // captionOf: a picture's {parts, whole, isWrong}, parts being what stands under it.
  constructor(grid, server, captionOf = readingCaption) {
    Object.assign(this, { grid, server, captionOf });
    asOneStop(grid);
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
    const { grid } = this;
    const at = [...grid.children].indexOf(document.activeElement);
    const held = grid.children[at];
    this.shown = names;
    grid.replaceChildren(...[...this.tiles.values()].map(({ button }) => button));
    stopAt(grid, grid.firstChild);
    // Where it is gone, the focus stays in its place.
    if (held) (held.isConnected ? held : (grid.children[at] ?? grid.lastChild))?.focus({ preventScroll: true });
  }

  tile(name) {
    const canvas = make("canvas", { width: 28, height: 28 });
    const button = make("button", { type: "button", className: "tile", tabIndex: -1 }, canvas);
    button.addEventListener("click", () => known.has(name) && page.setImage(known.get(name)));
    const say = (picture) => {
      const { parts, whole, isWrong } = this.captionOf(picture);
      parts.forEach((part, i) => write(button.children[i + 1] ?? button.appendChild(make("span")), part));
      button.setAttribute("aria-label", `${whole}: put it on the pad`);
      button.toggleAttribute("data-wrong", isWrong);
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

  focus(index) {
    this.grid.children[index]?.focus();
  }
}
