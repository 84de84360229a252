// Times in UTC, as the data are; durations in the largest unit that fits.

const DAY_MS = 86_400_000;
const utc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });

const dateAndTime = utc({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const shortDateAndTime = utc({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const timeOfDay = utc({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const date = utc({ day: 'numeric', month: 'short', year: 'numeric' });

export function moment(time_ms: number): string {
  return `${dateAndTime.format(time_ms).replaceAll(',', '')} UTC`;
}

/** Day and time; the date with its year instead where that is long before `now_ms`. */
export function shortMoment(time_ms: number, now_ms = time_ms): string {
  if (Math.abs(now_ms - time_ms) > 300 * DAY_MS) return date.format(time_ms);
  return shortDateAndTime.format(time_ms).replaceAll(',', '');
}

/** Time of the day to the second. */
export function clock(time_ms: number): string {
  return timeOfDay.format(time_ms);
}

export function day(time_ms: number): string {
  return date.format(time_ms);
}

const units: [number, string][] = [
  [DAY_MS, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

export function duration(span_ms: number): string {
  for (const [size, unit] of units) {
    if (span_ms >= size) return `${Number((span_ms / size).toFixed(1))} ${unit}`;
  }
  return `${Math.round(span_ms)} ms`;
}

/** How long before, as in "a day ahead". */
export function leadName(lead_ms: number): string {
  if (lead_ms === DAY_MS) return 'a day ahead';
  if (lead_ms === 7 * DAY_MS) return 'a week ahead';
  return `${duration(lead_ms)} ahead`;
}

/** How far data time runs in one second of a replay, as in "1 h a second". */
export function replaySpeed(speed: number): string {
  return speed <= 1 ? 'real time' : `${duration(speed * 1000)} a second`;
}
