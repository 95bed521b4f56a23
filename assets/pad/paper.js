// The paper: the strokes or the picture on the canvas, and where the keyboard's pen is.
import { onLook } from "../shared/draw.js";
import { BOX } from "../shared/strokes.js";

const PEN = 50; // width of the line

export class Paper {
  constructor(canvas, drawing) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.drawing = drawing;
    this.cursor = null; // of keyboard drawing
    this.paths = new WeakMap(); // of finished strokes
    this.frame = 0;
    new ResizeObserver(() => this.fit()).observe(canvas);
    onLook(canvas, () => this.paint());
    window.addEventListener("resize", () => this.fit());
    this.fit();
  }

  show() {
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  fit() {
    const { canvas } = this;
    const side = Math.round(canvas.getBoundingClientRect().width * (window.devicePixelRatio || 1));
    if (!side || (canvas.width === side && canvas.height === side)) return;
    canvas.width = canvas.height = side;
    this.paint();
  }

  paint() {
    this.frame = 0;
    const { canvas, context } = this;
    const style = getComputedStyle(canvas);
    const scale = canvas.width / BOX;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, BOX, BOX);
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = style.color;
    for (const stroke of this.drawing.strokes) context.stroke(this.path(stroke));
    this.drawing.picture?.paint(context, BOX, style.color);
    if (!this.cursor || document.activeElement !== canvas) return;
    context.beginPath();
    context.arc(...this.cursor, PEN * 0.75, 0, 2 * Math.PI);
    context.lineWidth = 6;
    context.strokeStyle = style.getPropertyValue("--page-accent");
    context.stroke();
  }

  // A curve through the middles of the segments, with the points themselves as its handles.
  path(stroke) {
    if (this.paths.has(stroke)) return this.paths.get(stroke);
    const line = new Path2D();
    line.moveTo(...stroke[0]);
    for (let i = 1; i < stroke.length - 1; i += 1) {
      const [x, y] = stroke[i];
      const [nextX, nextY] = stroke[i + 1];
      line.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    const [x, y] = stroke.at(-1);
    line.lineTo(x + 0.01, y); // a dot too has a length
    if (stroke !== this.drawing.stroke) this.paths.set(stroke, line);
    return line;
  }
}
