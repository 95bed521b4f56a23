// Steps 6 to 8 and 10: how a network learns, and the figure of its answer.
import { bytesOf, signedBytesOf } from "../shared/bytes.js";
import { fillTable, paintOverInk, smallBars } from "../shared/draw.js";
import { latestOnly } from "../shared/latest.js";
import { number, orNan, precisePercent, small } from "../shared/numbers.js";
import { page } from "../shared/page.js";

export function lossStep(part) {
  return {
    render(answer) {
      fillTable(part("losses"), [
        ["cross_entropy(logits)", small(answer.cross_entropy)],
        ["nll_loss(log_softmax(logits))", small(answer.nll)],
        ["by hand", small(answer.by_hand)],
      ]);
      part("words").textContent = `The model gives ${answer.meant} a probability of ${orNan(answer.probability, precisePercent)}: the loss is −log of it.`;
      fillTable(part("logs"), answer.logits.map((logit, digit) =>
        [digit, number(logit, 3), number(answer.log_probabilities[digit], 3)]));
    },
  };
}

export function autogradStep(part, hood) {
  for (const action of ["numbers", "pixels"]) {
    part("", `[data-action=${action}]`).addEventListener("click", () => {
      hood.settings.pixel_seed = hood.seed();
      hood.refresh();
    });
  }
  const slope = (value) => orNan(value, () => value.toExponential(3));
  return {
    render(answer) {
      showToy(part, answer.toy);
      paintOverInk(part("gradient"), signedBytesOf(answer.picture), bytesOf(answer.ink));
      part("gradient").setAttribute("aria-label", `Which pixels would make it more of a ${answer.meant}`);
      fillTable(part("parameters"), answer.parameters.map(({ name, shape, before, after }) =>
        [name, shape.join(" × "), before, after === null ? "None" : slope(after)]));
      fillTable(part("checks"), answer.checks.map(({ pixel, autograd, difference }) =>
        [pixel.join(", "), slope(autograd), slope(difference)]));
    },
  };
}

function showToy(part, { x, y, gradient, mean, made_by: madeBy }) {
  const exact = (value) => number(value, 4);
  fillTable(part("toy"), x.map((value, i) => [value, y[i], gradient[i], value / 2].map(exact)));
  part("made-by").textContent = madeBy;
  part("mean").textContent = `mean ${exact(mean)}`;
}

export function sgdStep(part, hood) {
  const bars = smallBars(part("bars"));
  const go = (action, steps) =>
    part("", `[data-action=${action}]`).addEventListener("click", () => {
      hood.settings.steps = Math.min(hood.maxSteps, steps());
      hood.refresh();
    });
  go("step", () => hood.settings.steps + 1);
  go("ten", () => hood.settings.steps + 10);
  go("start", () => 0);
  part("rate").addEventListener("change", () => {
    hood.settings.learning_rate = Number(part("rate").value);
    hood.refresh();
  });
  return {
    render({ probabilities, before, losses, meant, apart }) {
      bars(probabilities, { usual: before });
      part("curve").firstElementChild.setAttribute("points", curveOf(losses));
      part("count").textContent = lossWords(losses, meant, hood.maxSteps);
      part("apart").textContent = apart === null ? "" : `By hand or with optim.SGD, zero_grad, backward and step: after the first step no weight differs by more than ${apart === 0 ? "0" : apart.toExponential(0)}.`;
    },
  };
}

// The losses as a polyline's points in a box of 400 × 90.
export function curveOf(losses) {
  const steps = Math.max(losses.length - 1, 1);
  const most = Math.max(...losses, 1e-9);
  return losses.map((loss, i) => `${(400 * i) / steps},${86 - (80 * loss) / most}`).join(" ");
}

export function lossWords(losses, meant, maxSteps) {
  const steps = losses.length - 1;
  const [first, last] = [small(losses[0]), small(losses[steps])];
  if (!steps) return `The loss for ${meant} is ${first}. No step taken yet.`;
  const limit = steps === maxSteps ? " That is as far as it goes here." : "";
  return `After ${steps} ${steps === 1 ? "step" : "steps"} the loss for ${meant} is ${last}; it began at ${first}.${limit}`;
}

export function answerStep(part, hood) {
  return {
    // Drawing the figure takes longer than all other steps together, so it has its own request.
    update: latestOnly(async () => {
      if (!hood.isOpen("answer") || hood.isBlank()) return;
      const answer = await hood.callOfDrawing("hood_figure");
      if (!answer || answer.blank) return;
      part("figure").src = part("download").href = `data:image/png;base64,${answer.png}`;
      part("figure").alt = `The drawing beside its ten probabilities: ${page.prediction?.words ?? ""}`;
    }),
  };
}
