// What a moment says of the pictures that measure it: which are shown, in which order, in which words.
import { bytesOf } from "../shared/bytes.js";
import { grouped, percent } from "../shared/numbers.js";

const MOST = 65_535; // a probability of 1

// [{at, truth, guess, sure}] from the server's answer, in the set's order; `sure` is in [0, 1].
export function picturesIn({ cells, sure, stride }) {
  const shares = new DataView(bytesOf(sure).buffer);
  return Array.from(bytesOf(cells), (cell, i) => ({
    at: stride * i,
    truth: Math.floor(cell / 10),
    guess: cell % 10,
    sure: shares.getUint16(2 * i, true) / MOST,
  }));
}

export const isWrong = ({ truth, guess }) => truth !== guess;

// What the pictures are sorted by, rising; null is the set's order.
export const ORDERS = {
  set: { words: "as in the set", by: null },
  unsure: { words: "least sure first", by: ({ sure }) => sure },
  sure: { words: "surest first", by: ({ sure }) => -sure },
  wrong: { words: "wrong and sure first", by: (picture) => (isWrong(picture) ? -picture.sure : picture.sure) },
};

// which: "all" or "wrong"; digit: "" for any, or the one that was written.
export function sorted(pictures, { which, digit, order }) {
  const isChosen = (picture) =>
    (which !== "wrong" || isWrong(picture)) && (digit === "" || picture.truth === Number(digit));
  const { by } = ORDERS[order];
  const chosen = pictures.filter(isChosen);
  return by ? chosen.sort((a, b) => by(a) - by(b)) : chosen;
}

// What was read right, in words.
export function countOf(pictures, { step, stride, total }, { name }) {
  const wrong = pictures.filter(isWrong).length;
  const all = `${grouped(pictures.length)} ${name} pictures`;
  const some = stride > 1 ? ` They are one in ${stride} of all ${grouped(total)}, as this network is large.` : "";
  return `After step ${grouped(step)}: ${grouped(pictures.length - wrong)} of ${all} right; ${grouped(wrong)} wrong.${some}`;
}

// A picture {at, truth, guess, sure} in words; `sure` is left out where nobody asked.
export function readingCaption(picture) {
  const { truth, guess, sure } = picture;
  const [is, said] = isWrong(picture) ? [`${truth} ✗ ${guess}`, `but read as ${guess}`] : [`${truth} ✓`, "read right"];
  const share = sure === undefined ? "" : percent(sure);
  return { parts: [is, share], whole: `A ${truth}, ${said}${share && `, ${share} sure`}`, isWrong: isWrong(picture) };
}
