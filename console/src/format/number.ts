// Numbers as people read them: grouped, with as many decimals as their size deserves.

const formats = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** A measured or forecast value. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e7) return compact.format(value);
  if (size !== 0 && size < 0.01) return value.toPrecision(2).replace('-', '−');
  return withDigits(value, digitsFor(size));
}

/** Two figures with the same decimals, as in "936 – 1,153". */
export function interval(low: number, high: number): string {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size >= 1e7 || size < 0.01) return `${figure(low)} – ${figure(high)}`;
  return `${withDigits(low, digitsFor(size))} – ${withDigits(high, digitsFor(size))}`;
}

function digitsFor(size: number): number {
  return size >= 1000 ? 0 : size >= 10 ? 1 : 2;
}

function withDigits(value: number, digits: number): string {
  return (formats[digits] ?? whole).format(value).replace('-', '−');
}

export function count(value: number): string {
  return value >= 1e7 ? compact.format(value) : whole.format(value);
}

/** A scaled error such as MASE. */
export function measure(value: number): string {
  return value.toFixed(2);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function signed(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}
