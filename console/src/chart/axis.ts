// The words along the time axis: 24 hours, UTC, the date wherever a day begins.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const utc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const time = utc({ hour: '2-digit', minute: '2-digit' });
const seconds = utc({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const date = utc({ weekday: 'short', day: 'numeric', month: 'short' });
const shortDate = utc({ day: 'numeric', month: 'short' });
const month = utc({ month: 'short', year: 'numeric' });

export function timeLabels(splits: number[], increment: number): string[] {
  return splits.map((split, i) => {
    if (increment >= 28 * DAY) return month.format(split);
    const midnight = split % DAY === 0;
    if (increment >= DAY) return (increment >= 5 * DAY ? shortDate : date).format(split).replace(',', '');
    const clock = (increment < 60_000 ? seconds : time).format(split);
    // A day begins: say which. The first label says so as well, unless a day begins soon after.
    const alone = i === 0 && !splits.slice(1, 4).some((later) => later % DAY === 0);
    return midnight || alone ? `${clock}\n${date.format(split).replace(',', '')}` : clock;
  });
}
