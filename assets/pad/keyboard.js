// The keyboard: arrows move a pen that Space puts down and lifts; and what undoes and clears.
import { BOX } from "../shared/strokes.js";

const STEP = 25; // of an arrow key
const START = [BOX / 2, BOX / 4];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// Where the visitor types or chooses, a key is theirs.
const TYPING = "input, textarea, select, [contenteditable], [role=slider], [role=dialog]";
export const isTyping = (target) => Boolean(target.closest?.(TYPING));

// The pen's next place. Two arrows held together go diagonally; `fine`: in small steps.
export function steered([x, y], held, { fine = false } = {}) {
  const size = fine ? STEP / 5 : STEP;
  const inside = (value) => Math.min(BOX, Math.max(0, value));
  const moves = Object.keys(ARROWS).filter((key) => held.has(key)).map((key) => ARROWS[key]);
  return moves.reduce(([atX, atY], [dx, dy]) => [inside(atX + size * dx), inside(atY + size * dy)], [x, y]);
}

// "undo", "redo", "clear" or null. here: the key was pressed at the pad, or nowhere in particular.
export function commandOf({ key, ctrlKey, metaKey, shiftKey }, here) {
  const name = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (name === "z") return shiftKey ? "redo" : "undo";
    return name === "y" ? "redo" : null;
  }
  return here && (name === "delete" || name === "escape") ? "clear" : null;
}

// pad: {drawing, paper, isPressed(), begin(x, y), extend(points), finish(), show()}
export function drawByKeyboard(canvas, status, pad) {
  const held = new Set();

  function press() {
    pad.paper.cursor ??= START;
    if (pad.drawing.stroke) pad.finish();
    else pad.begin(...pad.paper.cursor);
    status.textContent = pad.drawing.stroke ? "Pen down" : "Pen up";
  }

  function steer({ key, shiftKey }) {
    held.add(key);
    pad.paper.cursor = steered(pad.paper.cursor ?? START, held, { fine: shiftKey });
    pad.extend([pad.paper.cursor]);
    pad.show();
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pad.isPressed()) return;
    const presses = event.key === " " || event.key === "Enter";
    if (event.key in ARROWS) steer(event);
    else if (!presses) return;
    else if (!event.repeat) press();
    event.preventDefault();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("focus", () => pad.show());
  canvas.addEventListener("blur", () => {
    held.clear();
    if (!pad.isPressed()) pad.finish();
    pad.show();
  });
}

// Undo and its kin work anywhere on the page, except where the visitor is typing or choosing.
export function hearCommands(element, act) {
  document.addEventListener("keydown", (event) => {
    if (!element.isConnected || event.defaultPrevented || event.altKey) return;
    if (isTyping(event.target)) return;
    const here = event.target === document.body || element.contains(event.target);
    const command = commandOf(event, here);
    if (!command) return;
    act(command);
    event.preventDefault();
  });
}
