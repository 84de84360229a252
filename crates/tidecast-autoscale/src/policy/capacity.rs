//! What one replica serves: given, or measured from what is seen of the workload.
//!
//! Replicas that are busy for a share of their request serve that share of what they could, so demand over busy replicas is
//! what one serves. It is a ratio of sums over about a day: the busiest times tell most exactly, and weigh most.

use super::PolicyError;

/// How long readings count, milliseconds: exponentially, so that after a day little is left of them.
const MEMORY_MS: f64 = 12.0 * 3_600_000.0;

/// Time between two readings that counts as passed at most: what was known before a hole is known after it.
const PASSED_MS_MAX: i64 = 5 * 60_000;

/// Readings that must have been seen before they are believed: two minutes of them.
const ENOUGH: u32 = 8;

/// Usage up to this is mostly what a replica uses for itself.
const IDLE: f64 = 0.05;

/// Usage from here on does not tell how much more was asked for.
const SATURATED: f64 = 0.95;

/// Usage from here on says that there is no more to be had.
const FULL: f64 = 0.99;

/// How long all must be full until what was measured is doubted, milliseconds: replicas that it asked for would be ready.
const DOUBTED_MS: i64 = 5 * 60_000;

/// What full replicas are then taken to serve, as a share of what is asked of them: as an HPA steps up at its usual target.
const ASSUMED: f64 = 0.7;

/// What that assumption weighs, in readings: the first that can tell replaces it.
const ASSUMED_WEIGHT: f64 = 0.01;

/// What one replica serves, in the unit of the demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Capacity {
    /// As somebody knows it.
    Given(f64),
    /// To be measured: from demand, replicas that are ready, and their CPU usage.
    Measured,
}

/// A stretch of time, as it was seen of a workload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Its end, milliseconds since the epoch.
    pub(super) until_ms: i64,
    /// Total demand.
    pub(super) demand: f64,
    /// Replicas that were ready.
    pub(super) ready: i32,
    /// Their mean CPU usage, as a share of the request.
    pub(super) usage: f64,
}

impl Stretch {
    /// What the HPA would have on CPU, and one more than there are at least; `None` where they have something left.
    pub(super) fn step_up(&self, target: f64) -> Option<i32> {
        if self.demand > 0.0 && ((SATURATED..f64::INFINITY).contains(&self.usage) || self.ready == 0) {
            // Truncated at the ends by the conversion.
            let wanted = (f64::from(self.ready) * self.usage / target - 1e-9).ceil() as i32;
            return Some(wanted.max(self.ready.saturating_add(1)));
        }
        None
    }
}

/// What is known of a capacity.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    Given(f64),
    Measured(Measurement),
}

impl Known {
    /// # Errors
    /// A given capacity with which nothing can be served.
    pub(super) fn new(capacity: Capacity) -> Result<Self, PolicyError> {
        match capacity {
            Capacity::Given(value) if value > 0.0 && value.is_finite() => Ok(Self::Given(value)),
            Capacity::Given(value) => Err(PolicyError::Capacity(value)),
            Capacity::Measured => Ok(Self::Measured(Measurement::default())),
        }
    }

    /// The capacity; `None` while it is not known.
    pub(super) fn value(&self) -> Option<f64> {
        match self {
            Self::Given(value) => Some(*value),
            Self::Measured(measurement) => measurement.value(),
        }
    }

    /// Learns from a stretch of time, each later than the last.
    pub(super) fn learn(&mut self, stretch: &Stretch) {
        if let Self::Measured(measurement) = self {
            measurement.take(stretch);
        }
    }
}

/// Sums over the stretches that can tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measurement {
    demand: f64,
    /// Replicas, each counted as the share that was in use.
    busy: f64,
    /// The end of the newest.
    until_ms: i64,
    readings: u32,
    /// From when to when all replicas have been full.
    full_ms: Option<(i64, i64)>,
}

impl Measurement {
    fn value(&self) -> Option<f64> {
        let value = self.demand / self.busy;
        (self.readings >= ENOUGH && value > 0.0 && value.is_finite()).then_some(value)
    }

    fn take(&mut self, stretch: &Stretch) {
        let Stretch { until_ms, demand, ready, usage } = *stretch;
        if !(demand > 0.0 && demand.is_finite() && ready > 0 && usage > IDLE && usage.is_finite()) {
            return;
        }
        let busy = f64::from(ready) * usage;
        if usage >= SATURATED {
            self.doubt(stretch, usage >= FULL);
            return;
        }
        let passed_ms = until_ms.saturating_sub(self.until_ms).clamp(0, PASSED_MS_MAX);
        let kept = (-(passed_ms as f64) / MEMORY_MS).exp();
        self.demand = self.demand * kept + demand;
        self.busy = self.busy * kept + busy;
        self.until_ms = until_ms;
        self.readings = self.readings.saturating_add(1);
        self.full_ms = None;
    }

    /// Where replicas stay full, they serve less than was measured, or are as many as there may be. What is planned with the
    /// measurement would keep them full, and they would never tell; so less is assumed, until they do.
    fn doubt(&mut self, stretch: &Stretch, is_full: bool) {
        let until_ms = stretch.until_ms;
        let from_ms = match self.full_ms {
            _ if !is_full => {
                self.full_ms = None;
                return;
            }
            Some((from_ms, newest_ms)) if until_ms.saturating_sub(newest_ms) <= PASSED_MS_MAX => from_ms,
            _ => until_ms,
        };
        self.full_ms = Some((from_ms, until_ms));
        if until_ms.saturating_sub(from_ms) < DOUBTED_MS {
            return;
        }
        let assumed = ASSUMED * stretch.demand / (f64::from(stretch.ready) * stretch.usage);
        if self.value().is_some_and(|value| assumed < value) {
            self.busy = ASSUMED_WEIGHT * f64::from(stretch.ready);
            self.demand = assumed * self.busy;
            self.full_ms = Some((until_ms, until_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNC_MS: i64 = 15_000;
    const DAY: i64 = 5_760;

    fn measured() -> Known {
        Known::new(Capacity::Measured).unwrap()
    }

    /// Takes what replicas of a capacity show at a demand, saturating as they do.
    fn see(known: &mut Known, sync: i64, capacity: f64, ready: i32, demand: f64) {
        let usage = (demand / (f64::from(ready) * capacity)).min(1.0);
        known.learn(&Stretch { until_ms: sync * SYNC_MS, demand, ready, usage });
    }

    /// A day's wave of demand between 20 and 100.
    fn wave(sync: i64) -> f64 {
        60.0 + 40.0 * (sync as f64 / DAY as f64 * std::f64::consts::TAU).sin()
    }

    fn assert_near(known: &Known, expected: f64, tolerance: f64) {
        let value = known.value().expect("it is known");
        assert!((value / expected - 1.0).abs() <= tolerance, "{value} is not near {expected}");
    }

    #[test]
    fn a_given_capacity_is_what_was_given() {
        let mut known = Known::new(Capacity::Given(3.0)).unwrap();
        (0..100).for_each(|sync| see(&mut known, sync, 7.0, 10, 40.0));
        assert_eq!(known.value(), Some(3.0));
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(Known::new(Capacity::Given(value)), Err(PolicyError::Capacity(_))), "{value}");
        }
    }

    #[test]
    fn readings_without_noise_tell_it_exactly_once_there_are_enough() {
        let mut known = measured();
        for sync in 0..i64::from(ENOUGH) {
            assert_eq!(known.value(), None, "{sync}");
            see(&mut known, sync, 2.5, 10 + sync as i32, 12.0 + sync as f64);
        }
        assert_near(&known, 2.5, 1e-12);
        for sync in i64::from(ENOUGH)..10 * DAY {
            see(&mut known, sync, 2.5, 45 + (sync % 7) as i32, wave(sync));
        }
        assert_near(&known, 2.5, 1e-9);
    }

    #[test]
    fn what_cannot_tell_is_ignored() {
        let fine = Stretch { until_ms: 0, demand: 10.0, ready: 4, usage: 0.5 };
        let cases = [
            Stretch { usage: 0.05, ..fine },
            Stretch { usage: 0.0, ..fine },
            Stretch { usage: -1.0, ..fine },
            Stretch { usage: f64::NAN, ..fine },
            Stretch { usage: f64::INFINITY, ..fine },
            Stretch { usage: 0.95, demand: 100.0, ..fine },
            Stretch { usage: 1.0, demand: 1_000.0, ..fine },
            Stretch { demand: 0.0, ..fine },
            Stretch { demand: -5.0, ..fine },
            Stretch { demand: f64::NAN, ..fine },
            Stretch { demand: f64::INFINITY, ..fine },
            Stretch { ready: 0, ..fine },
            Stretch { ready: -1, ..fine },
        ];
        let mut known = measured();
        for until_ms in 0..100 {
            cases.iter().for_each(|case| known.learn(&Stretch { until_ms, ..*case }));
        }
        assert_eq!(known.value(), None);
        for until_ms in 100..200 {
            known.learn(&Stretch { until_ms, ..fine });
            cases.iter().for_each(|case| known.learn(&Stretch { until_ms, ..*case }));
        }
        assert_near(&known, 5.0, 1e-12);
    }

    #[test]
    fn noise_averages_out() {
        let mut known = measured();
        for sync in 0..DAY {
            let noise = ((sync * 7_919) % 101) as f64 / 101.0 - 0.5;
            let usage = wave(sync) / 120.0 * (1.0 + 0.3 * noise);
            known.learn(&Stretch { until_ms: sync * SYNC_MS, demand: wave(sync), ready: 40, usage });
        }
        assert_near(&known, 3.0, 0.005);
    }

    #[test]
    fn a_change_is_followed_within_a_day_or_two() {
        let mut known = measured();
        (0..4 * DAY).for_each(|sync| see(&mut known, sync, 2.0, 70, wave(sync)));
        (4 * DAY..5 * DAY).for_each(|sync| see(&mut known, sync, 3.0, 70, wave(sync)));
        assert_near(&known, 3.0, 0.1);
        (5 * DAY..6 * DAY).for_each(|sync| see(&mut known, sync, 3.0, 70, wave(sync)));
        assert_near(&known, 3.0, 0.02);
        // A hole forgets nothing.
        let before = known.value();
        known.learn(&Stretch { until_ms: 60 * DAY * SYNC_MS, demand: 3.5, ready: 1, usage: 0.5 });
        assert!((known.value().unwrap() / before.unwrap() - 1.0).abs() < 0.001);
    }

    #[test]
    fn replicas_that_stay_full_are_taken_to_serve_less_until_they_tell() {
        let mut known = measured();
        (0..DAY).for_each(|sync| see(&mut known, sync, 2.0, 40, 70.0));
        assert_near(&known, 2.0, 1e-9);
        // Moments, with others between, say nothing; nor does what is nearly full.
        for sync in DAY..DAY + 100 {
            see(&mut known, sync, 2.0, 40, if sync % 15 == 0 { 77.0 } else { 90.0 });
        }
        assert_near(&known, 2.0, 1e-9);
        // Slower ones are full for five minutes: what one serves is less than 70 / 40.
        (DAY + 100..DAY + 121).for_each(|sync| see(&mut known, sync, 1.0, 40, 70.0));
        assert_near(&known, 0.7 * 70.0 / 40.0, 1e-9);
        // With as many as that asks for they tell, at once.
        see(&mut known, DAY + 121, 1.0, 80, 70.0);
        assert_near(&known, 1.0, 0.02);
        // A hole between two full ones is no stay.
        see(&mut known, DAY + 122, 0.5, 80, 70.0);
        see(&mut known, DAY + 200, 0.5, 80, 70.0);
        assert_near(&known, 1.0, 0.02);
    }

    #[test]
    fn saturated_replicas_ask_for_what_the_hpa_would_have() {
        let stretch = |ready, usage| Stretch { until_ms: 0, demand: 10.0, ready, usage };
        assert_eq!(stretch(7, 1.0).step_up(0.7), Some(10));
        assert_eq!(stretch(7, 2.0).step_up(0.7), Some(20));
        assert_eq!(stretch(7, 0.95).step_up(1.0), Some(8));
        assert_eq!(stretch(0, 0.0).step_up(0.7), Some(1));
        assert_eq!(stretch(7, 0.94).step_up(0.7), None);
        assert_eq!(stretch(7, f64::NAN).step_up(0.7), None);
        assert_eq!(Stretch { demand: 0.0, ..stretch(0, 0.0) }.step_up(0.7), None);
    }
}
