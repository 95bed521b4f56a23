// The drawing with its bars as a picture, shared from a phone and saved elsewhere; and its link.
import { write } from "../shared/draw.js";
import { isBlank } from "../shared/drawn.js";
import { on, page } from "../shared/page.js";
import { save } from "../shared/save.js";
import { drawCard } from "./card.js";

const NAME = "digit.png";
const GUARDED = "This browser guards pictures against fingerprinting, so the drawing can't be saved.";
const NO_LINK = "A picture does not fit in a link. Save it instead.";

const isPhone = () => matchMedia("(pointer: coarse)").matches;

async function keepPicture() {
  const { isGuarded } = await import("../lab/chart.js");
  if (isGuarded()) return GUARDED;
  const blob = await new Promise((resolve) => drawCard().toBlob(resolve, "image/png"));
  const files = [new File([blob], NAME, { type: "image/png" })];
  if (!isPhone() || !navigator.canShare?.({ files })) return save(NAME, blob);
  return navigator.share({ files }).then(
    () => "",
    ({ name }) => (name === "AbortError" ? "" : save(NAME, blob)),
  );
}

async function keepLink() {
  if (page.picture) return NO_LINK;
  const { addressOf } = await import("../lab/fields.js");
  const hash = addressOf({}, page.strokes);
  const address = new URL(hash, location.href).href;
  const isCopied = await navigator.clipboard.writeText(address).then(() => true, () => false);
  if (!isCopied) history.replaceState({ inkOf: hash }, "", hash);
  return `The link is ${isCopied ? "copied" : "in the address bar"}. It opens this drawing.`;
}

export function offerKeeping(row) {
  const line = row.querySelector(".kept");
  const [picture, link] = ["picture", "link"].map((name) => row.querySelector(`[data-keep=${name}]`));
  if (isPhone() && navigator.canShare) picture.textContent = "Share drawing";
  for (const [button, keep] of [[picture, keepPicture], [link, keepLink]]) {
    button.addEventListener("click", async () => {
      line.textContent = await keep().catch(() => "That did not work. Please try again.");
    });
  }
  const show = () => {
    row.toggleAttribute("data-blank", isBlank(page));
    write(line, "");
  };
  for (const event of ["mnist:drawing", "mnist:ink"]) on(row, event, show);
  show();
}
