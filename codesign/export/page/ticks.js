// Where the ticks of an axis go and what they say.

/** Multiple of 1, 2 or 5 times a power of ten that is at least `least`. */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999);
}

/** A tick's value, with no more decimals than ticks `step` apart need. */
export function formatTick(value, step) {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return formatNumber(Math.abs(value) < step / 2 ? 0 : value, decimals);
}

/** A number with a true minus sign, which zero has not; a dash where there is none. */
export function formatNumber(value, decimals) {
  if (value === null || value === undefined) return "–";
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

const PREFIXES = [[1e9, " G"], [1e6, " M"], [1e3, " k"]];

/** A number of about three digits, thousands and millions by their prefixes. */
export function formatShort(value) {
  const [size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const scaled = value / size;
  const decimals = Number.isInteger(scaled) ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(scaled) || 1)));
  const text = formatNumber(scaled, Math.min(decimals, 4));
  return (text.includes(".") ? text.replace(/\.?0+$/, "") : text) + prefix;
}

/** A number with its unit after it, where it has one. */
export function withUnit(text, unit) {
  return unit && text !== "–" ? `${text} ${unit}` : text;
}
