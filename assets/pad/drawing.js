// The drawing: strokes, or a picture in their place, undone and redone as whole drawings.
import { isBlank } from "../shared/drawn.js";
import { MAX_POINTS, countPoints } from "../shared/strokes.js";

const NEAR = 2.5; // points closer than this, about a pixel, are dropped
const TAP = 12; // a stroke that stays within this is a dot
const MAX_UNDO = 200;

export class Drawing {
  constructor(strokes = []) {
    this.strokes = strokes; // finished and current; a change that can be undone makes a new array
    this.picture = null; // where there is one, there are no strokes
    this.stroke = null; // the one under the pen
    this.past = [];
    this.future = [];
  }

  get isFull() {
    return countPoints(this.strokes) >= MAX_POINTS;
  }

  get state() {
    return { strokes: this.strokes, picture: this.picture };
  }

  remember() {
    this.past = [...this.past.slice(1 - MAX_UNDO), this.state];
    this.future = [];
  }

  replace(strokes, picture = null) {
    this.remember();
    this.stroke = null;
    Object.assign(this, { strokes, picture });
  }

  undo() {
    this.finish();
    if (!this.past.length) return;
    this.future = [...this.future, this.state];
    Object.assign(this, this.past.pop());
  }

  redo() {
    if (!this.future.length) return;
    this.past = [...this.past, this.state];
    Object.assign(this, this.future.pop());
  }

  clear() {
    this.finish();
    if (!isBlank(this)) this.replace([]);
  }

  // begin, extend and finish say whether anything came of it.
  begin(x, y) {
    if (this.isFull) return false;
    this.remember();
    this.stroke = [[x, y]];
    this.strokes = [...this.strokes, this.stroke];
    this.picture = null;
    return true;
  }

  extend(x, y) {
    if (!this.stroke || this.isFull) return false;
    const [lastX, lastY] = this.stroke.at(-1);
    if (Math.hypot(x - lastX, y - lastY) < NEAR) return false;
    this.stroke.push([x, y]);
    return true;
  }

  // The stroke under the pen was none, as that of a palm: as if it had not begun.
  drop() {
    if (!this.stroke) return;
    this.stroke = null;
    Object.assign(this, this.past.pop());
  }

  finish() {
    if (!this.stroke) return false;
    // A tap hardly moves: drawn large, its wobble would become a line.
    const [[x, y]] = this.stroke;
    const near = ([eachX, eachY]) => Math.hypot(eachX - x, eachY - y) < TAP;
    if (this.stroke.every(near)) this.stroke.splice(1);
    this.stroke = null;
    return true;
  }
}
