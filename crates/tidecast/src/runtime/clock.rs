//! The two clocks: the wall, and the replay of recorded data.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tidecast_core::ports::Clock;

/// The wall clock. The only place that reads it.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn now_ms(&self) -> i64 {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is set: the time of recorded data that are fed in.
#[derive(Clone, Debug, Default)]
pub struct ReplayClock(Arc<AtomicI64>);

impl ReplayClock {
    /// Says what time it is, ms since the Unix epoch.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::Relaxed);
    }
}

impl Clock for ReplayClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
