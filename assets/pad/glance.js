// A strip at the top with the drawing and its answer, where the pad is out of sight.
import { make, onSight, write } from "../shared/draw.js";
import { on, page } from "../shared/page.js";
import { BOX } from "../shared/strokes.js";

const LEAST = 0.5; // so much of the pad is seen where it is in sight
const PEN = 70; // a small copy needs a bolder line

export class Glance {
  constructor(strip) {
    this.strip = strip;
    this.canvas = strip.querySelector("canvas");
    this.said = strip.querySelector(".said");
    this.minis = Array.from({ length: 10 }, (_, digit) => {
      const fill = make("span", { className: "fill" });
      const track = make("span", { className: "track" }, fill);
      const mini = make("span", { className: "mini" }, track, String(digit));
      return { mini, fill };
    });
    strip.querySelector(".minis").append(...this.minis.map(({ mini }) => mini));
    for (const event of ["mnist:drawing", "mnist:ink", "mnist:prediction"]) on(strip, event, () => this.draw());
  }

  // Shown from then on whenever `pad` is out of sight.
  watch(pad) {
    this.watch = () => {};
    this.strip.addEventListener("click", () => pad.scrollIntoView({ block: "center" }));
    const seen = ({ intersectionRatio }) => {
      this.strip.toggleAttribute("data-shown", intersectionRatio < LEAST);
      this.draw();
    };
    onSight(pad, seen, { threshold: LEAST });
  }

  show(probabilities) {
    const most = Math.max(...probabilities);
    this.minis.forEach(({ mini, fill }, digit) => {
      const value = probabilities[digit];
      fill.style.transform = `scaleY(${value})`;
      mini.toggleAttribute("data-winner", most > 0 && value === most);
    });
  }

  say(words, kind) {
    write(this.said, words);
    this.said.dataset.kind = kind;
  }

  draw() {
    if (!this.strip.hasAttribute("data-shown")) return;
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.scale(side / BOX, side / BOX);
    const { color } = getComputedStyle(canvas);
    context.strokeStyle = color;
    page.picture?.paint(context, BOX, color);
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const [first, ...others] of page.strokes) {
      context.beginPath();
      context.moveTo(...first);
      for (const point of others.length ? others : [first]) context.lineTo(...point);
      context.stroke();
    }
  }
}
