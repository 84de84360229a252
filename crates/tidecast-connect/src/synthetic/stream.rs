//! When antennas speak: one after the other, evenly spread, so that the stream has no bursts.

use super::antennas::{AntennaOptions, Antennas};
use super::message::AntennaMessage;

/// The messages of all antennas in the order of their times.
#[derive(Clone, Debug)]
pub struct AntennaStream {
    antennas: Antennas,
    started_ms: i64,
    gap_ms: f64,
    /// The number of the next message over all antennas.
    next: u64,
}

impl AntennaStream {
    /// A stream that starts at a time in ms since the Unix epoch. Each antenna speaks every `interval_ms`, which is above 0 and
    /// may be a fraction.
    #[must_use]
    pub fn new(options: AntennaOptions, interval_ms: f64, started_ms: i64) -> Self {
        let antennas = Antennas::new(options, started_ms);
        // A stream that never moved on would never end either.
        let gap_ms = (interval_ms / antennas.count() as f64).max(1e-6);
        Self { antennas, started_ms, gap_ms, next: 0 }
    }

    /// When the next message is due, ms since the Unix epoch.
    #[must_use]
    pub fn next_ms(&self) -> i64 {
        self.due_ms(self.next)
    }

    /// Takes the messages that are due by now, at most `limit`; the rest stays due.
    pub fn take_due(&mut self, now_ms: i64, limit: usize) -> Vec<AntennaMessage<'_>> {
        let count = self.antennas.count() as u64;
        let first = self.next;
        while self.next - first < limit as u64 && self.next_ms() <= now_ms {
            self.next += 1;
        }
        let message = |number| {
            let antenna = (number % count) as usize;
            self.antennas.message(antenna, number / count, self.due_ms(number))
        };
        (first..self.next).filter_map(message).collect()
    }

    /// Leaves out what was due before a time, and says how many messages that are.
    pub fn skip_to(&mut self, timestamp_ms: i64) -> u64 {
        let elapsed_ms = timestamp_ms.saturating_sub(self.started_ms).max(0);
        let next = self.next.max((elapsed_ms as f64 / self.gap_ms).ceil() as u64);
        let left_out = next - self.next;
        self.next = next;
        left_out
    }

    fn due_ms(&self, number: u64) -> i64 {
        self.started_ms.saturating_add((number as f64 * self.gap_ms) as i64)
    }
}
