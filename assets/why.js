// Why: the pixels for and against the winning digit, while it is open.
const mnist = window.mnist;
const details = element.querySelector("details");
const empty = element.querySelector(".empty");
const live = element.querySelector(".live");
const canvas = element.querySelector("canvas");
const say = (name, text) => (element.querySelector(`.${name}`).textContent = text);

let due = false;
let busy = false;

async function refresh() {
  due = true;
  if (busy) return;
  busy = true;
  while (due && details.open && element.isConnected) {
    due = false;
    const blank = mnist.strokes.length === 0;
    empty.hidden = !blank;
    live.hidden = blank;
    if (blank) continue;
    const strokes = mnist.strokes.map((line) => line.map(([x, y]) => [Math.round(x), Math.round(y)]));
    try {
      const answer = await mnist.call(server, "why", { strokes, model: mnist.model });
      if (answer.ok && !answer.blank) show(answer);
    } catch {
      // The pad says that the server is out of reach; the next stroke asks again.
    }
  }
  busy = false;
}

function show(answer) {
  const { digit } = answer;
  paintSigned(canvas, signedBytes(answer.picture), bytes(answer.ink));
  canvas.setAttribute("aria-label", `The drawing, coloured by what spoke for and against ${digit}`);
  const noDigit = mnist.prediction?.digit === null;
  say(
    "words",
    noDigit
      ? `This looks like no digit to the model. Of the ten, ${digit} comes nearest: ink for it, and ink against it.`
      : `Ink that made the model say ${digit}, and ink that spoke against it.`,
  );
  say(
    "sum",
    `Lead of ${digit} over the average score: ${number(answer.paper, 1)} on blank paper + ${number(answer.for, 1)} for − ${number(answer.against, 1)} against ≈ ${number(answer.evidence, 1)}`.replaceAll(" -", " −"),
  );
}

details.addEventListener("toggle", refresh);
for (const event of ["mnist:ink", "mnist:model", "mnist:moment"]) window.addEventListener(event, refresh);
