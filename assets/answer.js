// The answer: in words, as ten bars, as the image that the model saw; and which model answers.
const mnist = window.mnist;
const EARLY = 2; // equal answers in a row before the words change, while something moves

// ── Bars ─────────────────────────────────────────────────────────────────────────────────────
const meters = element.querySelector("#probabilities");
const bars = Array.from({ length: 10 }, (_, digit) => {
  const part = (name, text = "") =>
    Object.assign(document.createElement("span"), { className: name, textContent: text });
  const row = Object.assign(document.createElement("div"), { className: "bar" });
  const label = part("digit", String(digit));
  const track = Object.assign(document.createElement("div"), { className: "track" });
  const fill = Object.assign(document.createElement("div"), { className: "fill" });
  const percent = part("percent", "0 %");
  track.append(fill);
  row.append(label, track, percent);
  row.dataset.digit = digit;
  row.setAttribute("role", "meter");
  row.setAttribute("aria-label", `Probability of ${digit}`);
  row.setAttribute("aria-valuemin", 0);
  row.setAttribute("aria-valuemax", 100);
  row.setAttribute("aria-valuenow", 0);
  meters.append(row);
  return { row, fill, percent, shown: {} };
});

function showBars(probabilities) {
  const most = Math.max(...probabilities);
  bars.forEach(({ row, fill, percent }, digit) => {
    const value = probabilities[digit];
    const whole = Math.round(100 * value);
    const winner = most > 0 && value === most;
    const shown = bars[digit].shown;
    // Only what changes is written: every write costs the browser a new layout.
    if (shown.value !== value) fill.style.transform = `scaleX(${value})`;
    if (shown.winner !== winner) row.toggleAttribute("data-winner", winner);
    if (shown.whole !== whole) {
      percent.textContent = `${whole} %`;
      row.setAttribute("aria-valuenow", whole);
    }
    bars[digit].shown = { value, winner, whole };
  });
}

// ── The image ────────────────────────────────────────────────────────────────────────────────
const seen = element.querySelector("#seen canvas").getContext("2d");

function showImage(image) {
  const picture = seen.createImageData(28, 28);
  const pixels = new Uint32Array(picture.data.buffer); // each 0xAABBGGRR
  image.forEach((ink, pixel) => (pixels[pixel] = 0xff000000 | (ink * 0x010101)));
  seen.putImageData(picture, 0, 0);
}

// ── Words: calm while the pen or the model moves, final when they rest ───────────────────────
const answer = element.querySelector("#answer");
let latest = "draw a digit";
let repeats = 0;
let lost = false;

function say(words, kind = /^\d$/.test(words) ? "digit" : "words") {
  // An unchanged text is left alone, so that a screen reader does not repeat it.
  if (answer.textContent !== words) answer.textContent = words;
  answer.dataset.kind = kind;
}

function hear({ words, digit, resting, cause }) {
  repeats = words === latest ? repeats + 1 : 1;
  latest = words;
  if (resting && cause !== "moment") say(words);
  else if (repeats >= EARLY && (resting || (digit !== null && words === String(digit)))) say(words);
}

window.addEventListener("mnist:prediction", ({ detail }) => {
  if (!element.isConnected) return;
  lost = false;
  // A model that learns moves the bars five times a second: in steps, as a transition costs more.
  if (detail.cause === "moment") meters.setAttribute("data-moving", "");
  showBars(detail.blank ? Array(10).fill(0) : detail.probabilities);
  showImage(detail.image);
  meters.toggleAttribute("data-doubtful", !detail.blank && detail.digit === null);
  hear(detail);
  offerYours(detail.trained);
  // Asked for a model that the server does not have (any more), it says which one answered.
  if (detail.asked === mnist.model && detail.model !== detail.asked) {
    mnist.emit("mnist:model", { model: detail.model });
  }
});
window.addEventListener("mnist:rest", () => {
  meters.removeAttribute("data-moving");
  if (!lost) say(latest);
});
// Answers come faster than a transition lasts; without one the bars move a third sooner.
window.addEventListener("mnist:drawing", () => meters.setAttribute("data-moving", ""));
window.addEventListener("mnist:refused", ({ detail }) => say(detail.error));
window.addEventListener("mnist:connection", ({ detail }) => {
  lost = detail.lost;
  if (lost) say("reconnecting…", "lost");
});

// ── Which model ──────────────────────────────────────────────────────────────────────────────
const radios = Object.fromEntries(
  [...element.querySelectorAll("input[type=radio]")].map((radio) => [radio.value, radio]),
);
const help = element.querySelector("#yours-help");

function offerYours(trained) {
  radios.yours.disabled = !trained;
  help.hidden = trained;
}

for (const radio of Object.values(radios)) {
  radio.addEventListener("change", () => mnist.emit("mnist:model", { model: radio.value }));
}
window.addEventListener("mnist:model", ({ detail }) => {
  if (detail.model === "yours") offerYours(true);
  radios[detail.model].checked = true;
});

showImage(new Array(784).fill(0));
radios[mnist.model].checked = true;
if (mnist.prediction) window.dispatchEvent(new CustomEvent("mnist:prediction", { detail: mnist.prediction }));
