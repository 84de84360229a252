// The order in which candidates are listed: who answers, then the better first, then those that are not measured yet.
import type { Candidate } from '../api/types';

export function ranked(candidates: Candidate[]): Candidate[] {
  const place = (candidate: Candidate): number =>
    candidate.state === 'champion' ? -1 : (candidate.mase ?? Number.POSITIVE_INFINITY);
  return candidates.toSorted((a, b) => {
    const [first, second] = [place(a), place(b)];
    return first === second ? 0 : first - second;
  });
}
