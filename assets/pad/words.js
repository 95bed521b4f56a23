// The answer in words, as mnist_core/ui/pad/words.py gives it.
export const SURE = 0.7; // below this, the answer names the two likeliest digits
export const UNSURE = 0.5; // below this for the two together, it could be any digit

// The second likeliest digit, and the likeliest.
const likeliest = (probabilities) =>
  [...probabilities.keys()].sort((a, b) => probabilities[a] - probabilities[b]).slice(-2);

export function words({ blank, digit, probabilities }) {
  if (blank) return "draw a digit";
  if (digit === null) return "not a digit";
  const [second, first] = likeliest(probabilities);
  // Compared as numbers of 32 bits, which the probabilities are.
  if (probabilities[first] >= Math.fround(SURE)) return String(digit);
  if (Math.fround(probabilities[first] + probabilities[second]) < UNSURE) return "not sure";
  // In the order of the digits, so that the words stay while the two are close.
  return `not sure: ${Math.min(first, second)} or ${Math.max(first, second)}`;
}

// Of the digits of a row.
export function wordsOf(digits) {
  const each = digits.map((digit) => words({ blank: false, ...digit }));
  if (digits.length === 1) return each[0];
  if (digits.some(({ digit }) => digit === null)) return "not a number";
  const unsure = [...each.keys()].filter((place) => each[place].length > 1);
  if (!unsure.length) return each.join("");
  const [place] = unsure;
  if (unsure.length > 1 || each[place] === "not sure") return "not sure";
  const [low, high] = likeliest(digits[place].probabilities).sort((a, b) => a - b);
  const number = (digit) => digits.map((other, i) => (i === place ? digit : other.digit)).join("");
  return `not sure: ${number(low)} or ${number(high)}`;
}
