//! The way of the Predictive Horizontal Pod Autoscaler: Holt-Winters over the replicas that the HPA would have, and the
//! greater of forecast and present.

use super::{Contender, Hpa, Limits, Metric, View, reconcile};
use crate::hpa::Scaler;

const MINUTE_MS: i64 = 60_000;
const DAY: usize = 1_440;

/// Smoothing of level, trend and season.
const SMOOTHING: (f64, f64, f64) = (0.5, 0.01, 0.3);

/// Additive Holt-Winters (Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", 1960) by minutes, with a
/// season of a day.
pub(in super::super) struct HoltWinters {
    hpa: Hpa,
    scaler: Scaler,
    ahead: usize,
    level: f64,
    trend: f64,
    season: Vec<f64>,
    minutes: usize,
    last_minute: i64,
}

impl HoltWinters {
    /// Looking ahead by so many minutes.
    pub(in super::super) fn new(ahead: usize, target: f64, capacity: f64, limits: Limits<'_>) -> Self {
        Self {
            hpa: Hpa::new(Metric::Rate, target, capacity, limits),
            scaler: limits.scaler(),
            ahead,
            level: 0.0,
            trend: 0.0,
            season: vec![0.0; DAY],
            minutes: 0,
            last_minute: i64::MIN,
        }
    }

    fn learn(&mut self, replicas: f64) {
        let index = self.minutes % DAY;
        let (alpha, beta, gamma) = SMOOTHING;
        if self.minutes == 0 {
            self.level = replicas;
        }
        let before = self.level;
        // The first day's season is how it differs from its slowly moving level.
        let (alpha, gamma) = if self.minutes < DAY { (0.01, 1.0) } else { (alpha, gamma) };
        self.level = alpha * (replicas - self.season[index]) + (1.0 - alpha) * (self.level + self.trend);
        if self.minutes >= DAY {
            self.trend = beta * (self.level - before) + (1.0 - beta) * self.trend;
        }
        self.season[index] = gamma * (replicas - self.level) + (1.0 - gamma) * self.season[index];
        self.minutes += 1;
    }

    fn forecast(&self) -> Option<i32> {
        let ahead = self.ahead as f64;
        let season = self.season[(self.minutes + self.ahead - 1) % DAY];
        (self.minutes >= DAY).then(|| (self.level + ahead * self.trend + season).round().max(0.0) as i32)
    }
}

impl Contender for HoltWinters {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        let proposal = self.hpa.proposal(view);
        let minute = view.now_ms.div_euclid(MINUTE_MS);
        if let Some(proposal) = proposal.filter(|_| minute > self.last_minute) {
            self.last_minute = minute;
            self.learn(f64::from(proposal));
        }
        let wanted = proposal.map(|proposal| proposal.max(self.forecast().unwrap_or(0)));
        reconcile(&mut self.scaler, view, wanted)
    }
}
