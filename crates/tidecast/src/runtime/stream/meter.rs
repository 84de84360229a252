//! How many records a second a stream gives, lately.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(10);

/// Counts by time, of the last ten seconds.
#[derive(Debug, Default)]
pub(super) struct Meter {
    counts: VecDeque<(Instant, u64)>,
    started: Option<Instant>,
}

impl Meter {
    pub(super) fn count(&mut self, records: u64, now: Instant) {
        self.started.get_or_insert(now);
        // Counts of one tenth of a second go together, so that there are never more than a hundred.
        match self.counts.back_mut() {
            Some((at, count)) if now.duration_since(*at) < WINDOW / 100 => *count += records,
            _ => self.counts.push_back((now, records)),
        }
        while self.counts.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.counts.pop_front();
        }
    }

    /// Records a second; of a stream that has just begun, since then.
    pub(super) fn rate(&self, now: Instant) -> f64 {
        let recent = self.counts.iter().filter(|(at, _)| now.duration_since(*at) <= WINDOW);
        let records: u64 = recent.map(|(_, count)| count).sum();
        let span = self.started.map_or(WINDOW, |started| now.duration_since(started)).clamp(WINDOW / 10, WINDOW);
        records as f64 / span.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_records_do_not_count() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut meter = Meter::default();
        assert_eq!(meter.rate(start), 0.0);
        for second in 0..20 {
            meter.count(50, at(second * 1_000));
            meter.count(50, at(second * 1_000 + 50));
        }
        let rate = meter.rate(at(19_050));
        assert!((90.0..=110.0).contains(&rate), "{rate}");
        assert_eq!(meter.rate(at(40_000)), 0.0);
        assert!(meter.counts.len() <= 101);
    }
}
