// Steps 1 to 3: what comes in. Each function takes a step's `part` (its elements by name) and the
// shared `hood`, and returns what draws the server's answer.
import { bytesOf } from "../shared/bytes.js";
import { fillTable, make, paintGrey, picture, smallBars } from "../shared/draw.js";
import { latestOnly } from "../shared/latest.js";
import { grouped, number, orNan, percent } from "../shared/numbers.js";
import { page } from "../shared/page.js";
import { foundStages } from "./found.js";

const RETRY_MS = 300;
const MISSING_RETRY_MS = 12_000;
const STAGES = ["As drawn", "Crop", "Scale", "Centre", "Soft pen"];

function pictureList(list, { count, label }) {
  const items = Array.from({ length: count }, (_, i) => {
    const canvas = picture(label(i));
    const text = make("span", { className: "label" });
    list.append(make("li", {}, canvas, text));
    return { canvas, text };
  });
  return (at, values, words, name) => {
    paintGrey(items[at].canvas, values);
    items[at].text.textContent = words;
    if (name) items[at].canvas.setAttribute("aria-label", name);
  };
}

// What the model that answers does with a picture before it reads it, beside the notebook.
export function readingWords({ mean, std, batch_size: batch }) {
  const short = (value) => String(Number(value.toFixed(2))).replace("-", "−");
  const normalize = `Normalize(${mean}, ${std}) moves them to ${short(-mean / std)} to ${short((1 - mean) / std)}`;
  const batches = batch === null ? "" : `, and it learnt from batches of ${grouped(batch)}`;
  const notebook = mean === 0.5 && std === 0.5 && batch === 64;
  const other = notebook ? ", as in the notebook" : ". The notebook has Normalize(0.5, 0.5) and batches of 64";
  return `For the model that answers, ${normalize}${batches}${other}.`;
}

export function dataStep(part, hood) {
  const show = pictureList(part("grid"), { count: 64, label: () => "A training picture" });
  const showNearest = pictureList(part("nearest"), { count: 8, label: () => "A training picture" });
  let shown = false;
  let seed = hood.seed();

  const load = latestOnly(async () => {
    if (!hood.isOpen("data")) return;
    const answer = await hood.call("hood_batch", { seed, model: page.model });
    if (!answer) return;
    part("numbers").textContent = readingWords(answer.reading);
    const there = answer.status === "there";
    part("missing").hidden = there;
    part("batch").hidden = part("nearest").parentElement.hidden = !there;
    if (there) showBatch(answer);
    else wait(answer);
  });

  function wait({ status, words }) {
    const loading = status === "loading";
    part("missing").textContent = loading ? "Reading MNIST…" : words;
    setTimeout(load, loading ? RETRY_MS : MISSING_RETRY_MS);
  }

  function showBatch({ pixels, labels, shapes, table }) {
    const values = bytesOf(pixels);
    [...part("grid").children].forEach((item, i) => (item.hidden = i >= labels.length));
    labels.forEach((label, i) => show(i, values.subarray(784 * i, 784 * (i + 1)), label, `A ${label}`));
    const [images, rows] = shapes.map((shape) => `(${shape.join(", ")})`);
    part("shapes").textContent = `${images} → flatten → ${rows}`;
    const names = ["paper", "edge of a stroke", "ink"];
    fillTable(part("pixels"), table.map(([grey, tensor, normal], i) =>
      [names[i], grey, number(tensor), number(normal)]));
    if (!shown) hood.refresh();
    shown = true;
  }

  part("", "[data-action=batch]").addEventListener("click", () => {
    seed = hood.seed();
    load();
  });
  return {
    opened: () => shown || load(),
    again: () => shown && load(), // for another model
    render(answer) {
      const pixels = bytesOf(answer.pixels);
      answer.labels.forEach((label, i) => {
        const words = `${label} · ${number(answer.distances[i], 1)}`;
        const name = `A ${label}, at distance ${number(answer.distances[i], 1)}`;
        showNearest(i, pixels.subarray(784 * i, 784 * (i + 1)), words, name);
      });
    },
  };
}

function codeOf(isPicture, isPlaced) {
  if (isPlaced) return "image";
  return isPicture ? "picture" : "stages";
}

export function stagesStep(part, hood) {
  const label = (i) => `The drawing: ${STAGES[i].toLowerCase()}`;
  const show = pictureList(part("pictures"), { count: 5, label });
  const bars = smallBars(part("bars"));
  const showFound = foundStages(part("found"));
  const boxes = [...part("", "fieldset").querySelectorAll("input")];
  for (const box of boxes) {
    box.addEventListener("change", () => {
      hood.settings.stages[box.dataset.stage] = box.checked;
      hood.refresh();
    });
  }

  // A picture went other ways than strokes do, and one of MNIST none at all.
  function tell(isPicture, isPlaced) {
    for (const name of ["ofpicture", "found"]) part(name).hidden = !isPicture || isPlaced;
    part("ofimage").hidden = !isPlaced;
    for (const name of ["ofstrokes", "pictures", "marks"]) part(name).hidden = isPicture;
    part("", "fieldset").hidden = isPicture;
    part("", "pre code").textContent = hood.code[codeOf(isPicture, isPlaced)];
  }

  return {
    render(answer) {
      const isPlaced = page.picture?.isPlaced ?? false;
      tell(page.picture !== null, isPlaced);
      if (page.picture) {
        if (!isPlaced) showFound(page.picture);
        bars(answer.usual);
        return;
      }
      answer.pictures.forEach((pixels, i) => {
        const off = i > 0 && !boxes[i - 1].checked;
        show(i, bytesOf(pixels), off ? `${STAGES[i]} (off)` : STAGES[i]);
      });
      bars(answer.probabilities, { usual: answer.usual });
    },
  };
}

export function scratchStep(part, hood) {
  const bars = smallBars(part("bars"));
  part("", "[data-action=weights]").addEventListener("click", () => {
    hood.settings.weights_seed = hood.seed();
    hood.refresh();
  });
  part("slider").addEventListener("input", () => {
    hood.settings.factor = Number(part("slider").value);
    part("factor").textContent = part("slider").value;
    hood.refresh();
  });
  return {
    render(answer) {
      bars(answer.probabilities);
      part("sum").textContent = `They add up to ${number(answer.sum, 4)}.`;
      fillTable(part("softmax"), answer.larger.map((logit, digit) =>
        [digit, number(logit, 1), orNan(answer.naive[digit], percent), orNan(answer.stable[digit], percent)]));
    },
  };
}
