// Why: the pixels for and against the winning digit, while it is open.
import { bytesOf, signedBytesOf } from "../shared/bytes.js";
import { paintOverInk } from "../shared/draw.js";
import { areOfSame, isBlank, lookedAt } from "../shared/drawn.js";
import { latestOnly } from "../shared/latest.js";
import { number } from "../shared/numbers.js";
import { call, on, page } from "../shared/page.js";

const lead = ({ digit, ...scores }) => {
  const [paper, up, down, sum] = ["paper", "for", "against", "evidence"].map((name) => number(scores[name], 1));
  return `Lead of ${digit} over the average score: ${paper} on blank paper + ${up} for − ${down} against ≈ ${sum}`.replaceAll(" -", " −");
};

export function mount({ element, server }) {
  const details = element.querySelector("details");
  const empty = element.querySelector(".empty");
  const live = element.querySelector(".live");
  const canvas = element.querySelector("canvas");
  const say = (name, text) => (element.querySelector(`.${name}`).textContent = text);

  let of = null; // the pad's answer that was last looked at

  const refresh = latestOnly(async () => {
    if (!details.open) return;
    const blank = isBlank(page);
    empty.hidden = !blank;
    live.hidden = blank;
    if (blank) return;
    const drawing = lookedAt(page);
    if (!drawing) return; // the pad's answer comes first
    of = page.prediction;
    // Where the server is out of reach, the page says so, and asks again when it is back.
    const answer = await call(server, "why", drawing).catch(() => null);
    live.toggleAttribute("data-stale", !answer);
    if (answer?.ok && !answer.blank) show(answer);
  });

  function show(answer) {
    const { digit } = answer;
    paintOverInk(canvas, signedBytesOf(answer.picture), bytesOf(answer.ink));
    canvas.setAttribute("aria-label", `The drawing, coloured by what spoke for and against ${digit}`);
    const noDigit = (page.chosen ?? page.prediction)?.digit === null;
    say("words", noDigit
      ? `This looks like no digit to the model. Of the ten, ${digit} comes nearest: ink for it, and ink against it.`
      : `Ink that made the model say ${digit}, and ink that spoke against it.`);
    say("sum", lead(answer));
  }

  details.addEventListener("toggle", refresh);
  for (const event of ["mnist:ink", "mnist:chosen"]) on(element, event, refresh);
  on(element, "mnist:prediction", (answer) => areOfSame(of, answer) || refresh());
  on(element, "mnist:connection", ({ lost }) => lost || refresh());
}
