//! One replica more whenever a predicted utilisation exceeds 85 %: our policy in its threshold mode, with predictions by a
//! straight line through the last ten minutes, as far ahead.

use super::{Contender, Limits, View};
use crate::policy::{Autoscaler, Capacity, Policy, PolicyError, Reading};
use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;

/// Values in, and values predicted.
const STEPS: usize = 10;

/// The threshold rule.
pub(in super::super) struct Threshold {
    autoscaler: Autoscaler,
    capacity: f64,
    minutes: VecDeque<f64>,
    last_minute: i64,
}

impl Threshold {
    pub(in super::super) fn new(
        threshold: f64,
        capacity: f64,
        startup_seconds: f64,
        limits: Limits<'_>,
    ) -> Result<Self, PolicyError> {
        let policy = Policy {
            min_replicas: limits.min,
            max_replicas: limits.max,
            // It scales down when one replica fewer would still be below the threshold.
            target: threshold,
            threshold: Some(threshold),
            behavior: limits.behavior.cloned(),
            ..Policy::default()
        };
        let autoscaler = Autoscaler::reacting(policy, Capacity::Given(capacity), startup_seconds)?;
        Ok(Self { autoscaler, capacity, minutes: VecDeque::new(), last_minute: i64::MIN })
    }

    /// The utilisations to come, were nothing scaled.
    fn predict(&self, ready: i32) -> Vec<f64> {
        let count = self.minutes.len();
        let (Some(first), Some(last)) = (self.minutes.front(), self.minutes.back()) else { return Vec::new() };
        let slope = if count > 1 { (last - first) / (count - 1) as f64 } else { 0.0 };
        let served = f64::from(ready.max(1)) * self.capacity;
        (1..=STEPS).map(|step| (last + slope * step as f64).max(0.0) / served).collect()
    }
}

impl Contender for Threshold {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        let minute = view.now_ms.div_euclid(MINUTE_MS);
        if let Some((rate, _)) = view.rate.filter(|_| minute > self.last_minute) {
            self.last_minute = minute;
            if self.minutes.len() == STEPS {
                self.minutes.pop_front();
            }
            self.minutes.push_back(rate);
        }
        let utilisation = self.predict(view.ready);
        let reading = Reading {
            now_ms: view.now_ms,
            replicas: view.replicas,
            ready: view.ready,
            demand: view.rate,
            usage: view.usage,
            utilisation: &utilisation,
        };
        self.autoscaler.step(&reading).replicas
    }
}
