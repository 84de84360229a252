// Lines and marks of what changes in steps: a value holds from its time until the next.

type Place = (value: number) => number;

/** A line in steps, broken where time jumps; the outline of the area below it, where its foot is given. */
export function stepPath(times: number[], values: number[], spacing: number, x: Place, y: Place, foot?: number): string {
  const down = foot === undefined ? '' : `V${foot}`;
  const begin = (time: number, height: string) =>
    foot === undefined ? `M${x(time).toFixed(1)} ${height}` : `M${x(time).toFixed(1)} ${foot}V${height}`;
  const end = (time: number) => `H${x(time + spacing).toFixed(1)}${down}`;
  let path = '';
  let before: { time: number; value: number } | undefined;
  times.forEach((time, i) => {
    const value = values[i] ?? 0;
    const height = y(value).toFixed(1);
    const joins = before && time - before.time <= spacing * 1.5;
    if (!joins) path += (before ? end(before.time) : '') + begin(time, height);
    else if (before?.value !== value) path += `H${x(time).toFixed(1)}V${height}`;
    before = { time, value };
  });
  return before ? path + end(before.time) : path;
}

export interface Stretch {
  from: number;
  to: number;
}

/** Where values are above zero, neighbours together. */
export function stretches(times: number[], values: number[], spacing: number): Stretch[] {
  const found: Stretch[] = [];
  times.forEach((time, i) => {
    if (!((values[i] ?? 0) > 0)) return;
    const last = found.at(-1);
    if (last && time - last.to < spacing / 2) last.to = time + spacing;
    else found.push({ from: time, to: time + spacing });
  });
  return found;
}
