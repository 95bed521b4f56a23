// How numbers are written.

// What could not be computed, null from the server, is "nan" where the page explains numbers.
export const orNan = (value, format) => (value === null ? "nan" : format(value));

export function percent(fraction, digits = 1) {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(digits)} %` : "–";
}

// So many digits that the logarithm of it can be checked: 99.9955 %, 0.027 %.
export function precisePercent(fraction) {
  const rest = Math.min(fraction, 1 - fraction);
  const digits = rest > 0 ? Math.min(8, Math.max(1, 1 - Math.floor(Math.log10(100 * rest)))) : 1;
  return percent(fraction, digits);
}

export const number = (value, digits = 3) => orNan(value, () => value.toFixed(digits));

// A loss: four decimals, or powers of ten where those would show nothing.
export function small(value) {
  const tiny = Math.abs(value) < 0.001 && value !== 0;
  return orNan(value, () => (tiny ? value.toExponential(3) : value.toFixed(4)));
}

export const grouped = (value) => value.toLocaleString("en");

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
export const compact = (value) => COMPACT.format(value);

export function seconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 10) return `${value.toFixed(1)} s`;
  return value < 90 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}
