// The sketchpad: vector strokes in a box of 1000 × 1000, undone and redone as whole drawings, and
// sent to the server while the pen is still moving, one request at a time.
const mnist = window.mnist;
mnist.connect(server);

const BOX = 1000;
const PEN = 50; // width of the line
const NEAR = 2.5; // points closer than this, about a pixel, are dropped
const TAP = 12; // a stroke that stays within this is a dot
const APART = 6; // points closer than this are not sent
const MAX_POINTS = 8000;
const MAX_UNDO = 200;
const STEP = 25; // of an arrow key
const REST_MS = 400; // without movement: the pen rests
const STORED = "mnist:ink";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const canvas = element.querySelector("canvas");
const context = canvas.getContext("2d");
const guide = element.querySelector(".guide");
const status = element.querySelector("[role=status]");
const buttons = Object.fromEntries(
  [...element.querySelectorAll("button")].map((button) => [button.dataset.action, button]),
);

// ── The drawing ──────────────────────────────────────────────────────────────────────────────
let strokes = stored(); // finished and current; a change that can be undone makes a new array
let past = [];
let future = [];
let stroke = null; // the one under the pen
let points = strokes.reduce((sum, each) => sum + each.length, 0);

function stored() {
  try {
    return checked(JSON.parse(mnist.storage.read(STORED))) ?? [];
  } catch {
    return [];
  }
}

// The strokes if they are lists of points in the box, else null: they may come from an address.
function checked(value) {
  const number = (x) => Number.isFinite(x) && x >= 0 && x <= BOX;
  const point = (p) => Array.isArray(p) && p.length === 2 && p.every(number);
  const line = (s) => Array.isArray(s) && s.length > 0 && s.every(point);
  if (!Array.isArray(value) || !value.every(line)) return null;
  return value.flat().length <= MAX_POINTS ? value : null;
}

function replace(next, { undoable = true } = {}) {
  if (undoable) {
    past = [...past.slice(1 - MAX_UNDO), strokes];
    future = [];
  }
  clearTimeout(restTimer);
  restTimer = undefined;
  strokes = next;
  stroke = null;
  points = strokes.reduce((sum, each) => sum + each.length, 0);
  settled();
}

function undo() {
  if (stroke) finish();
  if (!past.length) return;
  future = [...future, strokes];
  replace(past.pop(), { undoable: false });
}

function redo() {
  if (stroke || !future.length) return;
  past = [...past, strokes];
  replace(future.pop(), { undoable: false });
}

function clear() {
  if (stroke) finish();
  if (strokes.length) replace([]);
}

function begin(x, y) {
  if (points >= MAX_POINTS) return;
  past = [...past.slice(1 - MAX_UNDO), strokes];
  future = [];
  stroke = [[x, y]];
  points += 1;
  strokes = [...strokes, stroke];
  moved();
}

function extend(x, y) {
  const [lastX, lastY] = stroke.at(-1);
  if (Math.hypot(x - lastX, y - lastY) < NEAR || points >= MAX_POINTS) return false;
  stroke.push([x, y]);
  points += 1;
  return true;
}

function finish() {
  if (!stroke) return;
  // A tap hardly moves: drawn large, its wobble would become a line.
  const [[x, y]] = stroke;
  if (stroke.every(([eachX, eachY]) => Math.hypot(eachX - x, eachY - y) < TAP)) stroke.splice(1);
  stroke = null;
  settled();
}

// ── Telling the others ───────────────────────────────────────────────────────────────────────
let restTimer;
let changedAt = performance.now();

function moved(at = performance.now()) {
  changedAt = at;
  clearTimeout(restTimer);
  restTimer = setTimeout(rest, REST_MS);
  mnist.strokes = strokes;
  mnist.emit("mnist:drawing");
  show();
  predict("ink");
}

// A lifted pen may only be between two strokes, so it too rests a moment later.
function settled() {
  const drawing = restTimer !== undefined;
  mnist.strokes = strokes;
  mnist.storage.write(STORED, JSON.stringify(strokes.map(whole)));
  if (!drawing) changedAt = performance.now();
  show();
  predict("ink");
  mnist.emit("mnist:ink", { strokes });
}

function rest() {
  restTimer = undefined;
  if (stroke) mnist.emit("mnist:ink", { strokes });
  mnist.emit("mnist:rest");
}

const whole = (each) => each.map(([x, y]) => [Math.round(x), Math.round(y)]);

// For a prediction, points a fifth of the image's pixels apart say all there is; the last stays.
function sparse(each) {
  let [lastX, lastY] = each[0];
  return each.filter(([x, y], index) => {
    const far = Math.hypot(x - lastX, y - lastY) >= APART;
    if (far) [lastX, lastY] = [x, y];
    return far || index === 0 || index === each.length - 1;
  });
}

// ── Prediction: one request in flight, and another when something changed meanwhile ──────────
const TIMEOUT_MS = 5000;
const RATE_MS = 500;
let wanted = null; // why a prediction is due
let busy = false;
let sequence = 0;
let wake = () => {};

function predict(cause) {
  wanted = wanted === "ink" ? wanted : cause;
  if (!busy) run();
}

async function run() {
  busy = true;
  let wait = 250;
  while (wanted && element.isConnected) {
    const cause = wanted;
    wanted = null;
    const seq = ++sequence;
    const drawnAt = changedAt;
    const model = mnist.model;
    try {
      const payload = { strokes: strokes.map(sparse).map(whole), model, seq };
      const answer = await mnist.call(server, "predict", payload, { timeout: TIMEOUT_MS });
      if (wait > 250) mnist.emit("mnist:connection", { lost: false });
      wait = 250;
      if (answer.ok) deliver(answer, { asked: model, cause, drawnAt });
      else {
        mnist.emit("mnist:refused", { error: answer.error });
        if (answer.code === "rate") {
          wanted ??= cause; // the drawing still has no answer
          await new Promise((resolve) => setTimeout(resolve, RATE_MS));
        }
      }
    } catch {
      mnist.emit("mnist:connection", { lost: true });
      wanted ??= cause;
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, wait)),
        new Promise((resolve) => (wake = resolve)),
      ]);
      wait = Math.min(2 * wait, 4000);
    }
  }
  busy = false;
}

function deliver(answer, details) {
  const image = Uint8Array.from(atob(answer.image), (letter) => letter.charCodeAt(0));
  mnist.emit("mnist:prediction", {
    ...answer,
    image: Array.from(image),
    ...details,
    resting: restTimer === undefined,
  });
}

// ── Painting ─────────────────────────────────────────────────────────────────────────────────
let frame = 0;
let cursor = null; // of keyboard drawing
const paths = new WeakMap(); // of finished strokes

function show() {
  const set = (name, off) => buttons[name].setAttribute("aria-disabled", String(off));
  set("undo", past.length === 0);
  set("redo", future.length === 0);
  set("clear", strokes.length === 0);
  guide.toggleAttribute("data-hidden", strokes.length > 0);
  frame ||= requestAnimationFrame(paint);
}

function paint() {
  frame = 0;
  const style = getComputedStyle(canvas);
  const scale = canvas.width / BOX;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, BOX, BOX);
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = style.color;
  for (const each of strokes) context.stroke(path(each));
  if (!cursor || document.activeElement !== canvas) return;
  context.beginPath();
  context.arc(...cursor, PEN * 0.75, 0, 2 * Math.PI);
  context.lineWidth = 6;
  context.strokeStyle = style.getPropertyValue("--page-accent");
  context.stroke();
}

// A curve through the middles of the segments, with the points themselves as its handles.
function path(each) {
  if (paths.has(each)) return paths.get(each);
  const line = new Path2D();
  line.moveTo(...each[0]);
  for (let i = 1; i < each.length - 1; i += 1) {
    const [x, y] = each[i];
    const [nextX, nextY] = each[i + 1];
    line.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  const [x, y] = each.at(-1);
  line.lineTo(x + 0.01, y); // a dot too has a length
  if (each !== stroke) paths.set(each, line);
  return line;
}

function fit() {
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
  if (!side || (canvas.width === side && canvas.height === side)) return;
  canvas.width = canvas.height = side;
  paint();
}

// ── Mouse, finger, pen ───────────────────────────────────────────────────────────────────────
let pointer = null; // the first one down; others wait

function place(event) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const inside = (value) => Math.min(BOX, Math.max(0, Math.round(value * 10) / 10));
  return [
    inside(((event.clientX - left) / width) * BOX),
    inside(((event.clientY - top) / height) * BOX),
  ];
}

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true, focusVisible: false });
  pointer = event.pointerId;
  cursor = null;
  canvas.setPointerCapture(pointer);
  finish();
  begin(...place(event));
});

canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer || !stroke) return;
  const events = event.getCoalescedEvents?.() ?? [];
  let grown = false;
  for (const each of events.length ? events : [event]) grown = extend(...place(each)) || grown;
  if (grown) moved(event.timeStamp);
});

for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
  canvas.addEventListener(name, (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    finish();
  });
}

// ── Keyboard ─────────────────────────────────────────────────────────────────────────────────
const held = new Set();

function steer(event) {
  held.add(event.key);
  cursor ??= [BOX / 2, BOX / 4];
  const size = event.shiftKey ? STEP / 5 : STEP;
  // Two arrows held together go diagonally.
  for (const [key, [x, y]] of Object.entries(ARROWS)) {
    if (!held.has(key)) continue;
    cursor[0] = Math.min(BOX, Math.max(0, cursor[0] + size * x));
    cursor[1] = Math.min(BOX, Math.max(0, cursor[1] + size * y));
  }
  if (stroke && extend(...cursor)) moved();
  else show();
}

function press() {
  cursor ??= [BOX / 2, BOX / 4];
  if (stroke) finish();
  else begin(...cursor);
  status.textContent = stroke ? "Pen down" : "Pen up";
}

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
  if (event.key in ARROWS) steer(event);
  else if ((event.key === " " || event.key === "Enter") && !event.repeat) press();
  else if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
});
canvas.addEventListener("keyup", (event) => held.delete(event.key));
canvas.addEventListener("focus", show);
canvas.addEventListener("blur", () => {
  held.clear();
  if (pointer === null) finish();
  show();
});

// Undo and its kin work anywhere on the page, except where the visitor is typing or choosing.
const TYPING = "input, textarea, select, [contenteditable], [role=slider], [role=dialog]";

function shortcut(event) {
  if (!element.isConnected || event.defaultPrevented || event.altKey) return;
  if (event.target.closest?.(TYPING)) return;
  const key = event.key.toLowerCase();
  const command = event.ctrlKey || event.metaKey;
  const here = event.target === document.body || element.contains(event.target);
  if (command && key === "z") (event.shiftKey ? redo : undo)();
  else if (command && key === "y") redo();
  else if (!command && here && (key === "delete" || key === "escape")) clear();
  else return;
  event.preventDefault();
}

// ── Wiring ───────────────────────────────────────────────────────────────────────────────────
for (const [name, action] of Object.entries({ undo, redo, clear })) {
  buttons[name].addEventListener("click", action);
}
document.addEventListener("keydown", shortcut);
new ResizeObserver(fit).observe(canvas);
const repaint = () => element.isConnected && show();
new MutationObserver(repaint).observe(document.body, { attributeFilter: ["class"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
window.addEventListener("resize", fit);
window.addEventListener("online", () => wake());
document.addEventListener("visibilitychange", () => wake());
window.addEventListener("mnist:model", () => predict("model"));
window.addEventListener("mnist:moment", () => predict("moment"));

mnist.setStrokes = (next) => {
  const good = checked(next);
  if (good) replace(structuredClone(good));
  return good !== null;
};
mnist.strokes = strokes;
fit();
show();
predict("model"); // also warms the connection up
if (strokes.length) mnist.emit("mnist:ink", { strokes });
