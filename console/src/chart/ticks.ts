// Round values along an axis, for the small charts that need no library.

/** Round values around [least, most]: the first is not above, the last not below. */
export function valueTicks(least: number, most: number, count: number): number[] {
  if (!Number.isFinite(least) || !Number.isFinite(most) || least > most) return [0, 1];
  const span = most - least || Math.abs(most) * 0.2 || 1;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The part of an axis that shows [least, most]: with zero where the data come near it, else at least `room` wide so that
    noise does not look like a crisis, and not beyond `ceiling`. */
export function roomy(least: number, most: number, room: number, ceiling = Infinity): [number, number] {
  const low = least >= 0 && least < most * 0.4 ? 0 : least;
  const lacks = room - (most - low);
  if (!(lacks > 0)) return [low, most];
  const top = Math.min(most + lacks / 2, Math.max(ceiling, most));
  return least >= 0 && top < room ? [0, room] : [top - room, top];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WIDTHS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 1_800_000, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY];

/** Whole hours, days, weeks (UTC) inside [from, to], at most about `count`; with the distance between them. */
export function timeTicks(from: number, to: number, count: number): { ticks: number[]; width: number } {
  const width = WIDTHS.find((width) => (to - from) / width <= Math.max(1, count)) ?? (to - from) / Math.max(1, count);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / width) * width; at <= to && ticks.length < 100; at += width) ticks.push(at);
  return { ticks, width };
}

/** As many decimals as the distance between two ticks needs. */
export function tickLabel(value: number, ticks: number[]): string {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  if (Math.abs(value) >= 1e6) return value.toLocaleString('en-GB', { notation: 'compact', maximumFractionDigits: 2 });
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
  return value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '−');
}
