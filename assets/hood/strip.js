// A layer's units as a strip of squares; one can be pointed at, or reached with the arrow keys.
import { make, paintSigned } from "../shared/draw.js";

const MOST_COLUMNS = 32;

// The unit that a key leads to from `unit`, or null where the key is no such key.
export function unitByKey(key, unit, { columns, size }) {
  const moves = { ArrowRight: unit + 1, ArrowLeft: unit - 1, ArrowDown: unit + columns, ArrowUp: unit - columns, Home: 0, End: size - 1 };
  return Object.hasOwn(moves, key) ? Math.max(0, Math.min(size - 1, moves[key])) : null;
}

// The unit at a place on the strip, both shares of it from 0 to 1; null where there is none.
export function unitAt(x, y, { columns, rows, size }) {
  const column = Math.floor(x * columns);
  const unit = Math.floor(y * rows) * columns + column;
  return column >= 0 && column < columns && unit >= 0 && unit < size ? unit : null;
}

export function unitStrip({ name, size, onPick }) {
  const columns = Math.min(MOST_COLUMNS, size);
  const rows = Math.ceil(size / columns);
  const canvas = make("canvas", { width: columns, height: rows, className: "units" });
  const mark = make("span", { className: "mark", hidden: true });
  const box = make("div", {
    className: "strip", tabIndex: 0, role: "slider",
    aria: { label: `Units of ${name}`, valuemin: 0, valuemax: size - 1, valuenow: 0 },
  }, canvas, mark);
  box.style.aspectRatio = `${columns} / ${rows}`;
  let values = new Int8Array(size);
  let at = 0;

  function pick(unit) {
    at = unit;
    mark.hidden = false;
    Object.assign(mark.style, {
      left: `${(100 * (at % columns)) / columns}%`,
      top: `${(100 * Math.floor(at / columns)) / rows}%`,
      width: `${100 / columns}%`,
      height: `${100 / rows}%`,
    });
    box.setAttribute("aria-valuenow", at);
    box.setAttribute("aria-valuetext", `unit ${at}, ${values[at] === 0 ? "silent" : "active"}`);
    onPick(at);
  }

  function point({ clientX, clientY }) {
    const { left, top, width, height } = box.getBoundingClientRect();
    const unit = unitAt((clientX - left) / width, (clientY - top) / height, { columns, rows, size });
    if (unit !== null && unit !== at) pick(unit);
    else if (mark.hidden) pick(at);
  }

  box.addEventListener("keydown", (event) => {
    const unit = unitByKey(event.key, at, { columns, size });
    if (unit === null) return;
    pick(unit);
    event.preventDefault();
  });
  box.addEventListener("focus", () => mark.hidden && pick(at));
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  return {
    box,
    rows,
    columns,
    pick,
    show(next) {
      values = next;
      paintSigned(canvas, next);
    },
    unmark: () => (mark.hidden = true),
  };
}
