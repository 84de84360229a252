//! How long it takes from asking for a replica until it serves.

use std::collections::VecDeque;

/// Start-ups that count.
const KEPT: usize = 200;

/// Start-ups that must have been measured before they say more than what was declared.
const ENOUGH: usize = 20;

/// The share of start-ups that are to be over in time.
const QUANTILE: f64 = 0.9;

/// What declared start-up times are multiplied with to cover most of them, until there are measurements.
const CAUTION: f64 = 1.4;

/// Start-up times as they were measured.
#[derive(Clone, Debug)]
pub struct LeadTime {
    declared_seconds: f64,
    measured: VecDeque<f64>,
}

impl LeadTime {
    /// With a typical start-up time to go by until there are measurements.
    #[must_use]
    pub fn new(declared_seconds: f64) -> Self {
        Self { declared_seconds, measured: VecDeque::new() }
    }

    /// Takes the time from a pod's creation until it was ready.
    pub fn measure(&mut self, seconds: f64) {
        if seconds.is_finite() && seconds >= 0.0 {
            if self.measured.len() == KEPT {
                self.measured.pop_front();
            }
            self.measured.push_back(seconds);
        }
    }

    /// The time within which nine in ten replicas are ready.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        if self.measured.len() < ENOUGH {
            return self.declared_seconds * CAUTION;
        }
        let mut sorted: Vec<f64> = self.measured.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted[((sorted.len() - 1) as f64 * QUANTILE).ceil() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_replace_what_was_declared() {
        let mut lead = LeadTime::new(60.0);
        assert!((lead.seconds() - 84.0).abs() < 1e-9);
        for second in 1..=300 {
            lead.measure(f64::from(second));
        }
        assert!((lead.seconds() - 281.0).abs() < 1e-9, "of 101 to 300");
        lead.measure(f64::NAN);
        lead.measure(-1.0);
        assert!((lead.seconds() - 281.0).abs() < 1e-9);
    }
}
