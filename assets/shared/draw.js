// Small parts of the page: elements, tables, pictures from bytes, bars.
import { grey, packed, shade, signedColour } from "./colours.js";
import { orNan, percent } from "./numbers.js";

export function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, role, ...own } = properties;
  const node = Object.assign(document.createElement(tag), own);
  Object.assign(node.dataset, data);
  if (role) node.setAttribute("role", role);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(`aria-${name}`, value);
  node.append(...children);
  return node;
}

// Writes only what is new: every write costs a layout, and a screen reader would repeat it.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// The first cell of a row is its head.
export function fillTable(table, rows) {
  const row = ([head, ...cells]) => {
    const first = make("th", { textContent: String(head), scope: "row" });
    return make("tr", {}, first, ...cells.map((text) => make("td", { textContent: String(text) })));
  };
  const body = table.tBodies[0] ?? table.createTBody();
  body.translate = false;
  body.replaceChildren(...rows.map(row));
}

export function picture(label) {
  return make("canvas", { width: 28, height: 28, className: "picture", role: "img", aria: { label } });
}

// Paints `count` packed colours in rows of `width`, from x, y on.
function paint(canvas, count, colourAt, { x = 0, y = 0, width = canvas.width } = {}) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, Math.ceil(count / width));
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < count; i += 1) pixels[i] = colourAt(i);
  context.putImageData(image, x, y);
}

export const paintGrey = (canvas, values) => paint(canvas, values.length, (i) => grey(values[i]));

// Ink on white, as it is written, where 255 is ink.
export const paintOnWhite = (canvas, values) => paintGrey(canvas, values.map((value) => 255 - value));

export function paintSigned(canvas, values, place) {
  paint(canvas, values.length, (i) => shade(values[i]), place);
}

// The same with the drawing, `ink`, shining through.
export function paintOverInk(canvas, values, ink) {
  paint(canvas, values.length, (i) => packed(signedColour(values[i], ink[i])));
}

// Ten rows: digit, bar, text. `usual` marks where the bars usually are.
export function smallBars(container) {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const fill = make("span", { className: "fill" });
    const ghost = make("span", { className: "ghost", hidden: true });
    const text = make("span", { className: "value" });
    const name = make("span", { className: "digit", textContent: String(digit) });
    const track = make("span", { className: "track" }, fill, ghost);
    const row = make("div", { className: "small-bar" }, name, track, text);
    container.append(row);
    return { row, fill, ghost, text };
  });
  return (values, { usual = null } = {}) => {
    const most = Math.max(...values);
    rows.forEach(({ row, fill, ghost, text }, digit) => {
      fill.style.transform = `scaleX(${values[digit] ?? 0})`;
      text.textContent = orNan(values[digit], percent);
      row.toggleAttribute("data-winner", values[digit] === most);
      ghost.hidden = usual === null;
      if (usual) ghost.style.left = `${100 * usual[digit]}%`;
    });
  };
}

// A canvas to draw on in the page's own units, with as many dots as the screen has.
export function sharp(canvas, width, height) {
  const scale = (window.devicePixelRatio || 1) * (canvas.getBoundingClientRect().width / canvas.clientWidth);
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

// Calls `draw` where the page's look changes under a canvas: the theme, or paper instead of a screen,
// which does not wait for the next frame.
export function onLook(canvas, draw) {
  const here = () => canvas.isConnected && draw();
  new MutationObserver(here).observe(document.body, { attributeFilter: ["class"] });
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) {
    matchMedia(query).addEventListener("change", here);
  }
}

// Tells where `element` is seen now, at each change: a busy page hears of several at once, the newest last.
export function onSight(element, tell, options) {
  new IntersectionObserver((entries) => tell(entries.at(-1)), options).observe(element);
}
