// What a moment of a run looks like inside: mix-ups, first-layer weights; and the leaderboard.

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Relative luminance of an sRGB colour, as WCAG defines it.
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

class Matrix {
  constructor(root, onCell) {
    this.note = root.querySelector(".matrix-note");
    this.mistakes = root.querySelector(".mistakes");
    const table = root.querySelector(".matrix");
    const titles = document.createElement("tr");
    titles.append(cell("th", ""));
    for (let guess = 0; guess < 10; guess++) titles.append(cell("th", guess));
    table.append(titles);
    this.cells = [];
    for (let truth = 0; truth < 10; truth++) {
      const row = document.createElement("tr");
      row.append(cell("th", truth));
      for (let guess = 0; guess < 10; guess++) {
        const button = document.createElement("button");
        button.type = "button";
        button.addEventListener("click", () => onCell(truth, guess));
        const box = document.createElement("td");
        box.append(button);
        row.append(box);
        this.cells.push(button);
      }
      table.append(row);
    }
  }

  show(counts, accuracy, measured) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const words = measured === "test" ? "test pictures" : "held-out pictures";
    this.note.textContent =
      `${percent(accuracy)} of ${total.toLocaleString("en")} ${words} read right. A row is the digit ` +
      "that was written, a column the answer. Click a number for its pictures.";
    const accent = [79, 70, 229];
    const wrong = [217, 119, 6];
    const paper = getComputedStyle(this.note).getPropertyValue("--page-paper").match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16));
    this.cells.forEach((button, index) => {
      const [truth, guess] = [Math.floor(index / 10), index % 10];
      const count = counts[index];
      const row = counts.slice(10 * truth, 10 * truth + 10).reduce((sum, each) => sum + each, 0) || 1;
      const share = count / row;
      const [colour, strength] = truth === guess ? [accent, 0.75 * share] : [wrong, Math.min(0.85, 4 * share)];
      button.textContent = count || "";
      const alpha = 0.08 + strength;
      const blended = colour.map((value, i) => Math.round(value * alpha + paper[i] * (1 - alpha)));
      button.style.background = count ? `rgb(${blended.join(" ")})` : "transparent";
      // Whichever is farther away: at least 4.5 to 1 on any colour.
      button.style.color = luminance(blended) > 0.179 ? "#000" : "#fff";
      button.setAttribute("aria-label", `${count} pictures of a ${truth} read as ${guess}`);
    });
  }

  showPictures(truth, guess, count, data) {
    const title = document.createElement("p");
    title.className = "note";
    const same = truth === guess ? "and read right" : `but read as ${guess}`;
    title.textContent = count ? `${count} pictures of a ${truth}, ${same}:` : `No picture of a ${truth} is read as ${guess}.`;
    const pixels = bytesOf(data);
    const canvases = [];
    for (let start = 0; start < pixels.length; start += 784) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      paintPicture(canvas.getContext("2d"), 0, 0, (i) => OPAQUE | ((255 - pixels[start + i]) * 0x010101));
      canvases.push(canvas);
    }
    this.mistakes.replaceChildren(title, ...canvases);
  }

  clearPictures() {
    this.mistakes.replaceChildren();
  }
}

class Weights {
  constructor(root) {
    this.canvas = root.querySelector(".weights");
    this.note = root.querySelector(".weights-note");
  }

  show(data, scale, units) {
    const values = new Int8Array(bytesOf(data).buffer);
    const count = values.length / 784;
    const columns = Math.min(8, count);
    const rows = Math.ceil(count / columns);
    const [width, height] = [columns * 30 - 2, rows * 30 - 2];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.canvas.getContext("2d");
    for (let unit = 0; unit < count; unit++) {
      // Each unit on its own scale: a strong one would leave the others grey.
      const part = values.subarray(784 * unit, 784 * unit + 784);
      let most = 1;
      for (const value of part) most = Math.max(most, Math.abs(value));
      const [x, y] = [(unit % columns) * 30, Math.floor(unit / columns) * 30];
      paintPicture(context, x, y, (i) => SHADES[Math.round((127 * part[i]) / most) + 127]);
    }
    const all = units > count ? `The first ${count} of ${units} units` : `${count} units`;
    this.note.textContent = `${all}; the strongest weight is ${scale.toFixed(2)}.`;
    this.canvas.setAttribute("aria-label", `First-layer weights of ${count} units, the strongest ${scale.toFixed(2)}`);
  }
}

// Colours are 0xAABBGGRR, as a picture's memory holds them. The shades of a weight go from orange
// through white to indigo: made once, since forty pictures are painted anew while a network learns.
const OPAQUE = 0xff000000;
const SHADES = Uint32Array.from({ length: 255 }, (_, index) => {
  const share = (index - 127) / 127;
  const far = share > 0 ? [79, 70, 229] : [217, 119, 6];
  const [red, green, blue] = far.map((value) => Math.round(255 + (value - 255) * Math.abs(share)));
  return OPAQUE | (blue << 16) | (green << 8) | red;
});

function paintPicture(context, x, y, colourAt) {
  const image = context.createImageData(28, 28);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < 784; i++) pixels[i] = colourAt(i);
  context.putImageData(image, x, y);
}

class Board {
  constructor(table) {
    this.table = table;
    this.sorted = { column: "number", up: true };
    this.columns = [
      ["number", "Run", (run) => run.id],
      ["settings", "Set-up", (run) => describe(run)],
      ["accuracy", "Held out", (run) => run.accuracy],
      ["test", "Test", (run) => run.test_accuracy],
      ["seconds", "Seconds", (run) => run.seconds],
      ["to97", "To 97 %", (run) => run.milestones["97"]],
      ["to98", "To 98 %", (run) => run.milestones["98"]],
    ];
    this.titles = this.makeTitles();
    this.body = this.table.createTBody();
  }

  // The titles stay while the rows are built anew: their buttons keep the focus.
  makeTitles() {
    const titles = document.createElement("tr");
    for (const [name, words] of this.columns) {
      const title = cell("th", "");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.addEventListener("click", () => {
        const { column, up } = this.sorted;
        this.sorted = { column: name, up: name === column ? !up : !["accuracy", "test"].includes(name) };
        this.show(...this.shown);
      });
      title.append(button);
      titles.append(title);
    }
    this.table.createTHead().append(titles);
    return titles;
  }

  show(runs, newest) {
    this.shown = [runs, newest];
    const { column, up } = this.sorted;
    const value = this.columns.find(([name]) => name === column)[2];
    const order = [...runs].sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      if (left === null || left === undefined) return 1;
      if (right === null || right === undefined) return -1;
      return (left < right ? -1 : left > right ? 1 : 0) * (up ? 1 : -1);
    });
    const key = JSON.stringify([this.sorted, order.map((run) => this.cells(run))]);
    if (key === this.key) return;
    this.key = key;
    this.columns.forEach(([name], index) => {
      if (name === column) this.titles.cells[index].setAttribute("aria-sort", up ? "ascending" : "descending");
      else this.titles.cells[index].removeAttribute("aria-sort");
    });
    const rows = order.map((run) => {
      const row = document.createElement("tr");
      row.dataset.run = run.id;
      for (const text of this.cells(run)) row.append(cell("td", text));
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = run.id === newest ? "var(--page-accent)" : colourOf(run.id);
      row.firstChild.prepend(swatch);
      return row;
    });
    this.body.replaceChildren(...rows);
  }

  cells(run) {
    const time = (value) => (Number.isFinite(value) && value !== null ? value.toFixed(1) : "–");
    const held = run.started.measured_on === "test" ? "–" : percent(run.accuracy, 2);
    return [run.id, describe(run), held, percent(run.test_accuracy, 2), time(run.seconds), time(run.milestones["97"]), time(run.milestones["98"])];
  }
}

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}
