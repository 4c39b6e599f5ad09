// Numbers in words, by the rule of Python's `markovlens.spelling`: half way to the even digit, "–" of what is not
// finite, 0 without a sign. What is known when the page is made comes spelled; here are numbers of steps.

const EXACT = 100; // decimals, in which every number that lies half way is written to its end

// Decimals of a number cut or rounded: `exact` is written out, `up` as JavaScript rounds, half way away from 0.
const even = (exact, up, digits) => {
  const [whole, decimals] = exact.split(".");
  const below = digits ? `${whole}.${decimals.slice(0, digits)}` : whole;
  return /^50*$/.test(decimals.slice(digits)) && Number(below.at(-1)) % 2 === 0 ? below : up;
};

const signed = (value, size) => (value < 0 && Number(size) ? `-${size}` : size);

export const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

// JavaScript writes no number of more than 21 digits out.
const written = (size, digits) =>
  (size < 1e21 ? size.toFixed(digits) : `${BigInt(size)}${digits ? `.${"0".repeat(digits)}` : ""}`);

export const fixed = (value, digits) => {
  if (!isKnown(value)) return "–";
  const size = Math.abs(value);
  return signed(value, even(written(size, EXACT), written(size, digits), digits));
};

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const powerOf = (text) => Number(text.split("e")[1]);

// So many digits that count, the whole part entire; very small and very large numbers with a power of ten.
export const significant = (value, digits = 3) => {
  if (!isKnown(value) || value === 0) return fixed(value, 0);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return trimmed(fixed(value, Math.max(digits - 1 - powerOf(size.toExponential()), 0)));
  const up = size.toExponential(digits - 1);
  const mantissa = even(size.toExponential(EXACT).split("e")[0], up.split("e")[0], digits - 1);
  return `${value < 0 ? "-" : ""}${trimmed(mantissa)}e${powerOf(up)}`;
};

// The number with the fewest digits that would be kept as this one: 2.25, which is kept as 2.2500031, is 2.25 again.
const shortest = (value, isSame) => {
  for (let digits = 1; digits < 17; digits += 1) {
    const near = Number(value.toPrecision(digits));
    if (isSame(near)) return near;
  }
  return value;
};

// Of what is kept to a step, and of what is kept in single precision.
export const atSteps = (value, step) => shortest(value, (near) => Math.abs(near - value) <= step / 2);

export const single = (value) => shortest(value, (near) => Math.fround(near) === value);

export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

export const share = (part) => (part > 0 && 100 * part < 0.05 ? "under 0.1 %" : `${fixed(100 * part, 1)} %`);

export const counted = (count, name) => `${grouped(count)} ${name}${count === 1 ? "" : "s"}`;
