//! Samples onto the grid: order, duplicates, jitter, gaps and values that cannot be, each noted; what cannot be mended is
//! refused.

use super::Trace;
use super::error::{Gap, Jump, TraceError};
use super::grid::{Grid, STEPS_MS, most_common_step_ms};
use super::text::{count, length, percent, time};

/// Fewer samples show no rhythm.
const SAMPLES_MIN: usize = 60;
/// In less time nothing scales up and down again.
const COVERED_MS_MIN: i64 = 2 * 3_600_000;
/// 115 days of seconds, 19 years of minutes: more is a clock that was wrong.
const STEPS_MAX: i128 = 10_000_000;

/// One sample; its value is NaN where it cannot be used.
#[derive(Clone, Copy, Debug)]
struct Sample {
    time_ms: i64,
    value: f64,
}

/// Values that cannot be used.
#[derive(Debug, Default)]
struct Unusable {
    empty: usize,
    negative: usize,
    infinite: usize,
    /// The time of the first that is negative or infinite.
    first_ms: Option<i64>,
}

impl Trace {
    /// The trace of samples in any order, `values[i]` at `times_ms[i]` in ms since the Unix epoch.
    ///
    /// The step is the most common distance between samples. Samples are sorted; of several at the same time the last with
    /// a value wins; each belongs to the nearest step, and several in one step are averaged. NaN, negative and infinite values
    /// are missing. What was done to more than a few is said in [`Trace::notes`].
    ///
    /// # Errors
    /// When too little is left to replay, or a clock was wrong by years: see [`TraceError`].
    pub fn from_samples(times_ms: &[i64], values: &[f64]) -> Result<Self, TraceError> {
        if times_ms.len() != values.len() {
            return Err(TraceError::UnequalLengths { times: times_ms.len(), values: values.len() });
        }
        let mut notes = Vec::new();
        let (samples, unusable) = in_order(times_ms, values, &mut notes);
        if samples.len() < SAMPLES_MIN {
            return Err(TraceError::TooFewSamples { samples: samples.len(), needed: SAMPLES_MIN });
        }
        let times = samples.iter().map(|sample| sample.time_ms);
        let step_ms = usable_step(most_common_step_ms(times.clone()).unwrap_or(1), &mut notes)?;
        let grid = Grid::through(times, step_ms);
        let (first, last) = (grid.nearest(samples[0].time_ms), grid.nearest(samples[samples.len() - 1].time_ms));
        let steps = last - first + 1;
        let covered_ms = i64::try_from(steps * i128::from(step_ms)).unwrap_or(i64::MAX);
        if covered_ms < COVERED_MS_MIN {
            return Err(TraceError::TooShort { covered_ms, needed_ms: COVERED_MS_MIN });
        }
        if steps > STEPS_MAX {
            return Err(too_long(times_ms, steps, step_ms));
        }
        check_values(&samples, &unusable)?;
        unusable.tell(&mut notes);
        let start_ms = grid.time_ms(first);
        let values = placed(&samples, &grid, first, steps as usize, &mut notes);
        let mut trace = Self { start_ms, step_ms, values, notes };
        trace.tell_gaps()?;
        Ok(trace)
    }

    /// Notes what is missing.
    fn tell_gaps(&mut self) -> Result<(), TraceError> {
        let steps = self.values.len();
        let missing = self.values.iter().filter(|value| value.is_nan()).count();
        let Some(longest_gap) = self.longest_gap() else { return Ok(()) };
        if 2 * missing > steps {
            return Err(TraceError::MostlyMissing { missing, steps, step_ms: self.step_ms, longest_gap });
        }
        let share = percent(missing, steps);
        self.notes.push(format!("{share} of the {} have no value; {longest_gap}", count(steps, "step")));
        Ok(())
    }

    fn longest_gap(&self) -> Option<Gap> {
        let mut start = 0;
        let mut longest = 0..0;
        for run in self.values.chunk_by(|one, next| one.is_nan() == next.is_nan()) {
            if run[0].is_nan() && run.len() > longest.len() {
                longest = start..start + run.len();
            }
            start += run.len();
        }
        let time_ms = |index: usize| {
            self.start_ms.saturating_add(self.step_ms.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
        };
        (!longest.is_empty()).then(|| Gap { from_ms: time_ms(longest.start), to_ms: time_ms(longest.end) })
    }
}

/// The samples by time, one for each, with unusable values as NaN.
fn in_order(times_ms: &[i64], values: &[f64], notes: &mut Vec<String>) -> (Vec<Sample>, Unusable) {
    let mut unusable = Unusable::default();
    let mut samples: Vec<Sample> = Vec::with_capacity(times_ms.len());
    for (&time_ms, &value) in times_ms.iter().zip(values) {
        samples.push(Sample { time_ms, value: unusable.sieve(time_ms, value) });
    }
    let mut backwards = samples.windows(2).enumerate().filter(|(_, pair)| pair[1].time_ms < pair[0].time_ms);
    if let Some((place, pair)) = backwards.next() {
        let jump = Jump { sample: place + 1, from_ms: pair[0].time_ms, to_ms: pair[1].time_ms };
        let places = count(1 + backwards.count(), "place");
        notes.push(format!("time goes backwards at {places} (first, {jump}); the samples were sorted"));
        // Stable: of those at the same time, the last one stays the last.
        samples.sort_by_key(|sample| sample.time_ms);
    }
    let all = samples.len();
    samples.dedup_by(|later, earlier| {
        let is_same_time = later.time_ms == earlier.time_ms;
        if is_same_time && !later.value.is_nan() {
            earlier.value = later.value;
        }
        is_same_time
    });
    if samples.len() < all {
        let repeated = count(all - samples.len(), "sample");
        notes.push(format!("{repeated} had the time of another one; the last value of each time was taken"));
    }
    (samples, unusable)
}

impl Unusable {
    /// The value if it can be used, else NaN.
    fn sieve(&mut self, time_ms: i64, value: f64) -> f64 {
        let counted = if value.is_nan() {
            self.empty += 1;
            return f64::NAN;
        } else if value.is_infinite() {
            &mut self.infinite
        } else if value < 0.0 {
            &mut self.negative
        } else {
            // -0 as well becomes 0.
            return value.abs();
        };
        *counted += 1;
        self.first_ms.get_or_insert(time_ms);
        f64::NAN
    }

    fn tell(&self, notes: &mut Vec<String>) {
        let Some(first_ms) = self.first_ms else { return };
        let kinds = [(self.negative, "negative value"), (self.infinite, "infinite value")];
        let kinds = kinds.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| count(number, what));
        let kinds = kinds.collect::<Vec<_>>().join(" and ");
        notes.push(format!("taken as missing: {kinds}, the first at {}", time(first_ms)));
    }
}

/// The step within what is of use.
fn usable_step(common_ms: i64, notes: &mut Vec<String>) -> Result<i64, TraceError> {
    let (shortest_ms, longest_ms) = (*STEPS_MS.start(), *STEPS_MS.end());
    if common_ms > longest_ms + longest_ms / 5 {
        return Err(TraceError::TooCoarse { step_ms: common_ms });
    }
    if common_ms < shortest_ms {
        let [common, step] = [common_ms, shortest_ms].map(|ms| length(i128::from(ms)));
        notes.push(format!("most samples are {common} apart; means of {step} were taken"));
    }
    Ok(common_ms.clamp(shortest_ms, longest_ms))
}

fn too_long(times_ms: &[i64], steps: i128, step_ms: i64) -> TraceError {
    let jumps = times_ms.windows(2).enumerate().map(|(place, pair)| (place, pair[0], pair[1]));
    if let Some((place, from_ms, to_ms)) = jumps.max_by_key(|(_, from_ms, to_ms)| from_ms.abs_diff(*to_ms))
        && i128::from(from_ms.abs_diff(to_ms)) > steps * i128::from(step_ms) / 2
    {
        return TraceError::ClockJump { jump: Jump { sample: place + 1, from_ms, to_ms } };
    }
    let steps = u64::try_from(steps).unwrap_or(u64::MAX);
    TraceError::TooLong { steps, step_ms, most: STEPS_MAX as u64 }
}

fn check_values(samples: &[Sample], unusable: &Unusable) -> Result<(), TraceError> {
    if samples.iter().all(|sample| sample.value.is_nan()) {
        let Unusable { empty, negative, infinite, .. } = *unusable;
        return Err(TraceError::AllMissing { samples: empty + negative + infinite, empty, negative, infinite });
    }
    if samples.iter().all(|sample| sample.value.is_nan() || sample.value == 0.0) {
        return Err(TraceError::AllZero { samples: samples.len() });
    }
    Ok(())
}

/// The values of `steps` steps from the grid's point `first`.
fn placed(samples: &[Sample], grid: &Grid, first: i128, steps: usize, notes: &mut Vec<String>) -> Vec<f64> {
    let mut values = vec![f64::NAN; steps];
    let mut averaged = 0;
    let mut beside = 0;
    let mut beside_ms_max = 0;
    let point = |sample: &Sample| grid.nearest(sample.time_ms);
    for step in samples.chunk_by(|one, next| point(one) == point(next)) {
        let nearest = point(&step[0]);
        let nearest_ms = grid.time_ms(nearest);
        for sample in step {
            let distance_ms = sample.time_ms.abs_diff(nearest_ms);
            beside_ms_max = beside_ms_max.max(distance_ms);
            // Clocks of servers are a few milliseconds apart; that is not worth a word.
            beside += usize::from(distance_ms > grid.step_ms.unsigned_abs() / 100);
        }
        let known = step.iter().map(|sample| sample.value).filter(|value| !value.is_nan());
        let Some(value) = usize::try_from(nearest - first).ok().and_then(|index| values.get_mut(index)) else {
            continue;
        };
        let mut mean = f64::NAN;
        let mut number = 0;
        for one in known {
            number += 1;
            // A running mean cannot overflow.
            mean = if number == 1 { one } else { mean + (one - mean) / f64::from(number) };
        }
        *value = mean;
        averaged += usize::from(number > 1);
    }
    if 100 * beside > samples.len() {
        let [step, most] = [i128::from(grid.step_ms), i128::from(beside_ms_max)].map(length);
        let share = percent(beside, samples.len());
        notes.push(format!(
            "{share} of the samples are beside the step of {step}, by up to {most}; each went to the nearest"
        ));
    }
    if averaged * 100 > steps {
        notes.push(format!("{} had several samples; their mean was taken", count(averaged, "step")));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE_MS: i64 = 60_000;
    const START_MS: i64 = 1_628_640_000_000;

    fn minutes(count: usize) -> Vec<(i64, f64)> {
        (0..count).map(|i| (START_MS + i as i64 * MINUTE_MS, 1.0 + (i % 7) as f64)).collect()
    }

    fn trace(samples: &[(i64, f64)]) -> Result<Trace, TraceError> {
        let (times_ms, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
        Trace::from_samples(&times_ms, &values)
    }

    #[test]
    fn clean_samples_stay_as_they_are() {
        let samples = minutes(240);
        let trace = trace(&samples).unwrap();
        assert_eq!((trace.start_ms, trace.step_ms, trace.notes.len()), (START_MS, MINUTE_MS, 0));
        assert_eq!(trace.iter().collect::<Vec<_>>(), samples);
    }

    /// Changes samples of minutes, and checks a value and a note of the trace.
    #[track_caller]
    fn check(change: impl Fn(&mut Vec<(i64, f64)>), at: usize, value: Option<f64>, note: &str) {
        let mut samples = minutes(240);
        change(&mut samples);
        let trace = trace(&samples).unwrap();
        assert_eq!((trace.start_ms, trace.step_ms, trace.values.len()), (START_MS, MINUTE_MS, 240));
        assert_eq!(Some(trace.values[at]).filter(|value| !value.is_nan()), value);
        assert!(trace.notes.iter().any(|one| one.contains(note)), "{:?}", trace.notes);
        assert_eq!(trace.notes.len(), 1, "{:?}", trace.notes);
    }

    #[test]
    fn what_can_be_mended_is_noted() {
        check(
            |samples| samples.swap(10, 11),
            10,
            Some(4.0),
            "time goes backwards at 1 place (first, between sample 11 at 2021-08-11T00:11:00Z and sample 12 at 2021-08-11T00:10:00Z the clock jumps back by 1m)",
        );
        check(|samples| samples.rotate_left(100), 100, Some(3.0), "time goes backwards at 1 place");
        check(|samples| samples.insert(6, (samples[5].0, 9.0)), 5, Some(9.0), "1 sample had the time of another one");
        check(
            |samples| samples.insert(6, (samples[5].0, f64::NAN)),
            5,
            Some(6.0),
            "1 sample had the time of another one",
        );
        check(
            |samples| drop(samples.drain(10..20)),
            12,
            None,
            "4.2 % of the 240 steps have no value; the longest gap is 10m from 2021-08-11T00:10:00Z to 2021-08-11T00:20:00Z",
        );
        check(|samples| samples[7].1 = f64::NAN, 7, None, "0.4 % of the 240 steps");
        let jitter = |samples: &mut Vec<(i64, f64)>| {
            samples.iter_mut().enumerate().skip(1).step_by(3).for_each(|(_, sample)| sample.0 += 4_000);
        };
        check(
            jitter,
            4,
            Some(5.0),
            "33.3 % of the samples are beside the step of 1m, by up to 4s; each went to the nearest",
        );
        let several = |samples: &mut Vec<(i64, f64)>| {
            (100..103).for_each(|i| samples.insert(2 * i - 99, (samples[2 * i - 100].0 + 500, 20.0)));
        };
        check(several, 100, Some(11.5), "3 steps had several samples; their mean was taken");
    }

    #[test]
    fn unusable_values_are_counted() {
        let mut samples = minutes(240);
        samples[3].1 = f64::INFINITY;
        samples[4].1 = -1.0;
        samples[5].1 = f64::NEG_INFINITY;
        samples[6].1 = -0.0;
        let trace = trace(&samples).unwrap();
        let expected = "taken as missing: 1 negative value and 2 infinite values, the first at 2021-08-11T00:03:00Z";
        assert_eq!(trace.notes[0], expected);
        assert!(trace.values[6].is_sign_positive());
    }

    #[test]
    fn samples_within_a_second_are_averaged() {
        let samples: Vec<_> = (0..80_000).map(|i| (START_MS + i * 100, (i % 10) as f64)).collect();
        let trace = trace(&samples).unwrap();
        assert_eq!(trace.step_ms, 1_000);
        assert!((trace.values[100] - 4.5).abs() < 1e-9);
        assert!(trace.notes[0].contains("most samples are 100ms apart; means of 1s were taken"), "{:?}", trace.notes);
    }

    #[test]
    fn what_cannot_be_mended_is_refused() {
        let check = |change: fn(&mut Vec<(i64, f64)>), words: &[&str]| {
            let mut samples = minutes(240);
            change(&mut samples);
            let error = trace(&samples).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
        };
        const YEAR_MS: i64 = 31_557_600_000;
        check(Vec::clear, &["0 samples, and at least 60"]);
        check(|samples| samples.truncate(1), &["1 sample, and at least 60", "record for longer"]);
        check(|samples| samples.iter_mut().for_each(|one| one.0 = START_MS), &["1 sample, "]);
        check(|samples| samples.truncate(100), &["covers 1h40m, and at least 2h"]);
        check(
            |samples| samples.iter_mut().for_each(|one| one.0 = START_MS + (one.0 - START_MS) * 1_440),
            &["1d apart", "at most 1h"],
        );
        check(
            |samples| samples[100..].iter_mut().for_each(|one| one.0 += 32 * YEAR_MS / 10),
            &["more than half", "the longest gap is 3.2 years from 2021-08-11T01:40:00Z", "cut the trace there"],
        );
        check(
            |samples| samples[100..].iter_mut().for_each(|one| one.0 += 32 * YEAR_MS),
            &[
                "between sample 100 at 2021-08-11T01:39:00Z and sample 101 at 2053",
                "the clock jumps by 32.0 years; cut the trace there",
            ],
        );
        check(
            |samples| samples[..100].iter_mut().for_each(|one| one.0 -= START_MS),
            &["between sample 100 at 1970-01-01T01:39:00Z", "jumps by 51.6 years"],
        );
        check(|samples| samples[100..].iter_mut().for_each(|one| one.0 -= 32 * YEAR_MS), &["jumps back by 32.0 years"]);
        check(
            |samples| samples[7].0 = i64::MIN,
            &["between sample 8 at -9223372036854775808 ms and sample 9 at", "cut the trace there"],
        );
        check(
            |samples| {
                samples.iter_mut().enumerate().skip(120).for_each(|(i, one)| one.0 += (i as i64 / 2 - 59) * YEAR_MS);
            },
            &["steps of 1m, more than 10,000,000", "longer step"],
        );
        check(
            |samples| samples.iter_mut().for_each(|one| one.1 = f64::NAN),
            &["none of the 240 samples", "240 are empty"],
        );
        check(|samples| samples.iter_mut().for_each(|one| one.1 = -one.1), &["240 negative", "check which column"]);
        check(|samples| samples.iter_mut().for_each(|one| one.1 = 0.0), &["the demand is 0 in all 240 samples"]);
        check(
            |samples| samples.iter_mut().skip(100).for_each(|one| one.1 = f64::NAN),
            &["58.3 % of the 240 steps of 1m", "2h20m"],
        );
        let error = Trace::from_samples(&[1, 2], &[1.0]).unwrap_err().to_string();
        assert!(error.contains("2 times but 1 values"), "{error}");
    }

    /// Times as recordings have them, and as they never should.
    fn any_time() -> impl Strategy<Value = i64> {
        let regular = (0_i64..20_000).prop_map(|i| START_MS + i * 15_000);
        prop_oneof![8 => regular, 1 => START_MS..START_MS + 100_000_000, 1 => any::<i64>()]
    }

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![8 => 0.0..1e6, 1 => any::<f64>()]
    }

    proptest! {
        #[test]
        fn whatever_comes_nothing_panics_and_no_demand_is_negative(
            samples in proptest::collection::vec((any_time(), any_value()), 0..400),
            step_ms in 1_i64..4_000_000,
            regular in any::<bool>(),
        ) {
            let mut samples = samples;
            if regular {
                samples.iter_mut().enumerate().for_each(|(i, sample)| sample.0 = START_MS + i as i64 * step_ms);
            }
            match trace(&samples) {
                Ok(trace) => {
                    let mut known = trace.values.iter().filter(|value| !value.is_nan());
                    prop_assert!(known.all(|value| value.is_finite() && value.is_sign_positive()));
                    prop_assert!((1_000..=3_600_000).contains(&trace.step_ms) && trace.values.len() <= 10_000_000);
                    prop_assert!(2 * trace.values.iter().filter(|value| value.is_nan()).count() <= trace.values.len());
                    let finite = samples.iter().map(|sample| sample.1).filter(|value| value.is_finite());
                    let greatest = finite.fold(0.0, f64::max);
                    prop_assert!(trace.peak() <= greatest * (1.0 + 1e-9));
                    let _ = trace.plausible(greatest / 3.0);
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }

        #[test]
        fn the_order_of_samples_with_different_times_does_not_matter(
            values in proptest::collection::vec(any_value(), 200..300),
            seed in any::<u64>(),
        ) {
            let sample = |(i, &value): (usize, &f64)| (START_MS + i as i64 * MINUTE_MS, value);
            let samples: Vec<(i64, f64)> = values.iter().enumerate().map(sample).collect();
            let mut shuffled = samples.clone();
            shuffled.sort_by_key(|sample| (sample.0 as u64).wrapping_mul(seed | 1));
            let bits = |trace: Trace| trace.values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            prop_assert_eq!(trace(&samples).map(bits), trace(&shuffled).map(bits));
        }
    }
}
