// The answer in words, as mnist_core.ui.pad's `words` gives it.
export const SURE = 0.7; // below this, the answer names the two likeliest digits
export const UNSURE = 0.5; // below this for the two together, it could be any digit

export function words({ blank, digit, probabilities }) {
  if (blank) return "draw a digit";
  if (digit === null) return "not a digit";
  const [second, first] = [...probabilities.keys()].sort((a, b) => probabilities[a] - probabilities[b]).slice(-2);
  // Compared as numbers of 32 bits, which the probabilities are.
  if (probabilities[first] >= Math.fround(SURE)) return String(digit);
  if (Math.fround(probabilities[first] + probabilities[second]) < UNSURE) return "not sure";
  // In the order of the digits, so that the words stay while the two are close.
  return `not sure: ${Math.min(first, second)} or ${Math.max(first, second)}`;
}
