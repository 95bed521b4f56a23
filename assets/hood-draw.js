// What Under the hood and the answer's "why" draw with: pictures from bytes, and small parts.
const FOR = [56, 189, 248];
const AGAINST = [251, 146, 60];
const NIGHT = 17; // the ground of signed pictures, the same in both themes
const INK = 62; // how much the drawing itself lightens it

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const signedBytes = (text) => new Int8Array(bytes(text).buffer);

function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, role, ...own } = properties;
  const node = Object.assign(document.createElement(tag), own);
  Object.assign(node.dataset, data);
  if (role) node.setAttribute("role", role);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(`aria-${name}`, value);
  node.append(...children);
  return node;
}

function picture(label) {
  return make("canvas", { width: 28, height: 28, className: "picture", role: "img", aria: { label } });
}

function paint(canvas, count, color) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < count; i += 1) image.data.set([...color(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

const paintGrey = (canvas, values) => paint(canvas, values.length, (i) => Array(3).fill(values[i]));

// From orange over dark to blue; where there is `ink`, the drawing shows through.
function paintSigned(canvas, values, ink = null) {
  paint(canvas, values.length, (i) => {
    const strength = Math.abs(values[i]) / 127;
    const ground = NIGHT + (ink ? (INK * ink[i]) / 255 : 0);
    const color = values[i] > 0 ? FOR : AGAINST;
    return color.map((part) => Math.round(ground + (part - ground) * strength));
  });
}

const percent = (value) => (value === null ? "nan" : `${(100 * value).toFixed(1)} %`);
// So many digits that the logarithm of it can be checked: 99.9955 %, 0.027 %.
function precisePercent(value) {
  if (value === null) return "nan";
  const rest = Math.min(value, 1 - value);
  const digits = rest > 0 ? Math.min(8, Math.max(1, -Math.floor(Math.log10(100 * rest)) + 1)) : 1;
  return `${(100 * value).toFixed(digits)} %`;
}
// A loss: four decimals, or powers of ten where those would show nothing.
const small = (value) =>
  value === null ? "nan" : Math.abs(value) < 0.001 && value !== 0 ? value.toExponential(3) : value.toFixed(4);
const number = (value, digits = 3) => (value === null ? "nan" : value.toFixed(digits));

// Ten rows: digit, bar, text. `ghost` marks where the bars usually are.
function smallBars(container) {
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
  return (values, { usual = null, format = percent } = {}) => {
    const most = Math.max(...values);
    rows.forEach(({ row, fill, ghost, text }, digit) => {
      fill.style.transform = `scaleX(${values[digit] ?? 0})`;
      text.textContent = format(values[digit]);
      row.toggleAttribute("data-winner", values[digit] === most);
      ghost.hidden = usual === null;
      if (usual) ghost.style.left = `${100 * usual[digit]}%`;
    });
  };
}

function fillTable(table, rows) {
  const body = table.tBodies[0];
  body.replaceChildren(
    ...rows.map((cells) => {
      const [head, ...rest] = cells.map(String);
      const first = make("th", { textContent: head, scope: "row" });
      return make("tr", {}, first, ...rest.map((textContent) => make("td", { textContent })));
    }),
  );
}
