// Cost against violation, ready to draw: a scale that shows rare violations, and labels that stand clear of each other.

/** What is violated less than this is drawn here: the scale has no zero. */
export const FLOOR = 0.0001;

/** Powers of ten from the floor up to the first that is not below `most`. */
export function decades(most: number): number[] {
  const last = Math.max(FLOOR * 100, Math.min(1, most));
  const ticks: number[] = [];
  for (let power = -4; ticks.length === 0 || (ticks.at(-1) ?? 0) < last * 0.999; power++) ticks.push(10 ** power);
  return ticks;
}

export interface Place {
  x: number;
  y: number;
}

export interface Labelled extends Place {
  text: string;
  anchor: 'start' | 'end' | 'middle';
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const LETTER = 6.1;
const AWAY = 10;
const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const around = ({ x, y }: Place, radius: number): Box => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });

/** A label for each point in turn: beside it, above, or below, clear of the others and, if that is possible, of what else is
    drawn; none where nothing is free. */
export function labels(points: (Place & { text: string })[], drawn: Place[], area: Box): (Labelled | null)[] {
  const taken = points.map((point) => around(point, 6));
  const better = drawn.map((point) => around(point, 2));
  return points.map(({ x, y, text }, i) => {
    const width = text.length * LETTER;
    const places: [Labelled['anchor'], number, number][] = [
      ['start', AWAY, 4],
      ['end', -AWAY, 4],
      ['start', AWAY, -9],
      ['start', AWAY, 17],
      ['end', -AWAY, -9],
      ['end', -AWAY, 17],
      ['middle', 0, -12],
      ['middle', 0, 20],
    ];
    for (const [anchor, dx, dy, others] of [better, []].flatMap((others) => places.map((place) => [...place, others] as const))) {
      const start = x + dx - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2);
      const box = { left: start, right: start + width, top: y + dy - 11, bottom: y + dy + 3 };
      const inside = box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;
      if (!inside || others.some((other) => overlap(box, other)) || taken.some((other, k) => k !== i && overlap(box, other))) continue;
      taken.push(box);
      return { text, anchor, x: x + dx, y: y + dy };
    }
    return null;
  });
}
