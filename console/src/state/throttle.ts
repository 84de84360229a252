// At most one call per interval, the first at once and the last never lost: live data may come faster than eyes read.

export interface Throttled {
  (): void;
  cancel(): void;
}

export function throttled(run: () => void, interval_ms: () => number): Throttled {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  const call = (): void => {
    if (timer !== undefined) return;
    const wait = Math.max(0, last + interval_ms() - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      run();
    }, wait);
  };
  return Object.assign(call, {
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  });
}
