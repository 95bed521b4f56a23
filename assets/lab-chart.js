// The chart of loss and accuracy, drawn on a canvas; and its twin, a table.

function colourOf(id) {
  return `hsl(${(id * 67 + 150) % 360} 45% 55%)`;
}

class Chart {
  constructor(figure) {
    this.canvas = figure.querySelector("canvas");
    this.table = figure.querySelector("table");
    this.twin = figure.querySelector(".twin");
    this.runs = [];
    this.cursor = null;
    this.twin.addEventListener("toggle", () => this.list());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  // runs: [{id, points, measures, total}], the newest last; cursor: a step, or null.
  show(runs, cursor) {
    this.runs = runs;
    this.cursor = cursor;
    this.draw();
    if (this.twin.open) this.list();
  }

  draw() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !this.runs.length) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.paint(context, width, height);
    const last = this.runs.at(-1).measures.at(-1);
    const label = last
      ? `Loss ${last[1]?.toFixed(3)}, accuracy ${percent(last[2])} at step ${last[0]}. The table has all figures.`
      : "Loss and accuracy";
    canvas.setAttribute("aria-label", label);
  }

  paint(context, width, height) {
    const style = getComputedStyle(this.canvas);
    const colours = Object.fromEntries(
      ["accent", "paper", "ink", "soft", "rule", "track"].map((name) => [name, style.getPropertyValue(`--page-${name}`).trim()]),
    );
    context.clearRect(0, 0, width, height);
    context.font = `12px ${style.fontFamily}`;
    const tall = width < 480;
    const gap = 52;
    const each = tall ? { w: width - gap, h: (height - 104) / 2 } : { w: (width - 2 * gap - 8) / 2, h: height - 46 };
    const span = Math.max(20, ...this.runs.map((run) => Math.max(run.points.at(-1)?.[0] ?? 0, run.measures.at(-1)?.[0] ?? 0)));
    const newest = this.runs.at(-1);
    const total = Math.max(span, newest.active ? (newest.total ?? 0) : 0);
    // The first steps are far off; the scale fits what comes after them, once there is enough of it.
    const later = this.runs.flatMap((run) => run.measures.filter((row) => row[0] > 0.04 * total));
    const seen = later.length ? later : newest.measures;
    const highest = Math.min(4, Math.max(0.2, ...seen.map((row) => row[1] ?? 0)) * 1.15);
    const least = Math.min(...seen.map((row) => row[2] ?? 1));
    const lowest = [0.9, 0.8, 0.5].find((value) => least > value) ?? 0;
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => lowest + share * (1 - lowest));
    const left = gap - 8;
    const words = (value) => `${Number((100 * value).toFixed(1))} %`;
    const panels = [
      { x: left, y: 24, ...each, title: "Loss (lower is better)", column: 1, low: 0, high: highest, ticks: niceTicks(highest), words: String },
      { x: tall ? left : left + each.w + gap, y: tall ? 24 + each.h + 50 : 24, ...each, title: "Accuracy (higher is better)", column: 2, low: lowest, high: 1, ticks, words },
    ];
    for (const panel of panels) this.panel(context, panel, total, colours);
  }

  panel(context, panel, total, colours) {
    const { x, y, w, h, column, low, high } = panel;
    const across = (step) => x + (w * step) / total;
    const up = (value) => y + h - (h * (Math.max(low - 0.1, Math.min(value, high * 1.1)) - low)) / (high - low);
    context.fillStyle = colours.soft;
    context.textAlign = "left";
    context.fillText(panel.title, x, y - 9);
    context.textAlign = "right";
    context.lineWidth = 1;
    for (const tick of panel.ticks) {
      context.strokeStyle = colours.track;
      line(context, [[x, up(tick)], [x + w, up(tick)]]);
      context.fillText(panel.words(tick), x - 5, up(tick) + 4);
    }
    context.fillText(`${total.toLocaleString("en")} steps`, x + w, y + h + 16);
    context.save();
    context.beginPath();
    context.rect(x - 2, y - 2, w + 4, h + 4);
    context.clip();
    context.lineJoin = "round";
    const pick = (rows) => rows.filter((row) => Number.isFinite(row[column])).map((row) => [across(row[0]), up(row[column])]);
    for (const run of this.runs.slice(0, -1)) {
      context.globalAlpha = 0.55;
      context.strokeStyle = colourOf(run.id);
      context.lineWidth = 1.5;
      line(context, pick(run.measures));
    }
    const newest = this.runs.at(-1);
    context.strokeStyle = colours.accent;
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    line(context, pick(newest.points));
    context.globalAlpha = 1;
    context.lineWidth = 2.5;
    line(context, pick(newest.measures));
    if (this.cursor !== null) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 1;
      line(context, [[across(this.cursor), y], [across(this.cursor), y + h]]);
    }
    context.restore();
  }

  list() {
    const run = this.runs.at(-1);
    if (!run) return;
    const rows = run.measures.map((row) => {
      const training = run.points.findLast((point) => point[0] <= row[0]);
      return [row[0], training?.[1]?.toFixed(3) ?? "–", row[1]?.toFixed(3) ?? "–", percent(row[2]), row[3].toFixed(1)];
    });
    const name = run.measured === "test" ? "Test" : "Held-out";
    fillTable(this.table, ["Step", "Training loss", `${name} loss`, `${name} accuracy`, "Seconds"], rows);
  }

  csv() {
    const lines = ["run,kind,step,loss,accuracy,seconds"];
    for (const run of this.runs) {
      for (const row of run.points) lines.push([run.id, "training", ...row].join(","));
      for (const row of run.measures) lines.push([run.id, run.measured === "test" ? "test" : "held-out", ...row].join(","));
    }
    return `${lines.join("\n")}\n`;
  }

  // A picture of the chart, on the page's own paper.
  picture() {
    const copy = document.createElement("canvas");
    copy.width = this.canvas.width;
    copy.height = this.canvas.height;
    const context = copy.getContext("2d");
    context.fillStyle = getComputedStyle(this.canvas).getPropertyValue("--page-paper");
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(this.canvas, 0, 0);
    return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
  }
}

function line(context, points) {
  if (points.length < 2) return;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

function niceTicks(high) {
  const step = [0.05, 0.1, 0.2, 0.5, 1].find((size) => high / size <= 6) ?? 2;
  const ticks = [];
  for (let value = 0; value <= high + 1e-9; value += step) ticks.push(Number(value.toFixed(2)));
  return ticks;
}

function fillTable(table, titles, rows) {
  const row = (cells, kind) => {
    const line = document.createElement("tr");
    for (const text of cells) {
      const cell = document.createElement(kind);
      if (kind === "th") cell.scope = "col";
      cell.textContent = text;
      line.append(cell);
    }
    return line;
  };
  table.replaceChildren(row(titles, "th"), ...rows.map((cells) => row(cells, "td")));
}
