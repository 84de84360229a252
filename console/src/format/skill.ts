// Accuracy in words: how much better than saying "the same as last season".
import type { Accuracy, Board } from '../api/types';

const DAY_MS = 86_400_000;

/** Share of the naive forecast's error that the model saves; negative when it is worse. */
export function skill(accuracy: Accuracy): number {
  return accuracy.mase_seasonal_naive > 0 ? 1 - accuracy.mase / accuracy.mase_seasonal_naive : 0;
}

/** What the seasonal naive forecast repeats, as in "better than last week". */
export function seasonName(board: Board): string {
  const season_ms = board.season * board.step_ms;
  if (season_ms === 7 * DAY_MS) return 'last week';
  if (season_ms === DAY_MS) return 'yesterday';
  return 'last season';
}

export function skillWords(share: number): string {
  const points = Math.round(Math.abs(share) * 100);
  if (points === 0) return 'as good as';
  return `${points} % ${share > 0 ? 'better' : 'worse'}`;
}

/** The accuracy if it says anything: a constant series has no scale, so its MASE is no number (null in JSON). */
export function measured(accuracy: Accuracy | null | undefined): Accuracy | null {
  if (!accuracy || accuracy.origins === 0) return null;
  return Number.isFinite(accuracy.mase) && Number.isFinite(accuracy.mase_seasonal_naive) ? accuracy : null;
}

/** Live accuracy once there is a season of it, else that of the backtest: a few forecasts say more about these days than
    about the model. */
export function newestAccuracy(board: Board | null): { accuracy: Accuracy; kind: 'live' | 'backtest' } | null {
  const live = measured(board?.live);
  if (live && live.origins >= (board?.season ?? 0)) return { accuracy: live, kind: 'live' };
  const backtest = measured(board?.backtest);
  if (backtest) return { accuracy: backtest, kind: 'backtest' };
  return live && { accuracy: live, kind: 'live' };
}

/** Share that the outer levels promise: 0.8 for 0.1 to 0.9. */
export function promisedCoverage(levels: number[] | undefined): number {
  const low = levels?.[0];
  const high = levels?.at(-1);
  return low === undefined || high === undefined ? 0.8 : high - low;
}
