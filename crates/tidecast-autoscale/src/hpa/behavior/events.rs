//! By how much replicas changed lately in one direction, for the rates.
//!
//! Which of its old entries upstream overwrites matters: the other direction's rules, whose periods may be longer, look at
//! the same list.

/// One change.
#[derive(Clone, Copy, Debug)]
struct ScaleEvent {
    /// By how many replicas, not negative.
    change: i32,
    at_seconds: f64,
    /// Older than any policy of its own direction reached when it was last looked at. For good.
    outdated: bool,
}

/// Changes in one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct ScaleEvents(Vec<ScaleEvent>);

impl ScaleEvents {
    /// Upstream's `getReplicasChangePerPeriod`: the changes within the period, without its edge. Outdated ones count too.
    pub(super) fn change_within(&self, now_seconds: f64, period_seconds: i32) -> i32 {
        let cutoff = now_seconds - f64::from(period_seconds);
        let recent = self.0.iter().filter(|event| event.at_seconds > cutoff);
        recent.fold(0, |sum: i32, event| sum.wrapping_add(event.change))
    }

    /// Upstream's `storeScaleEvent` with `markScaleEventsOutdated`: the last of the outdated ones is overwritten.
    pub(super) fn store(&mut self, now_seconds: f64, longest_period_seconds: i32, change: i32) {
        let cutoff = now_seconds - f64::from(longest_period_seconds);
        for event in &mut self.0 {
            event.outdated |= event.at_seconds < cutoff;
        }
        let new = ScaleEvent { change, at_seconds: now_seconds, outdated: false };
        match self.0.iter_mut().rfind(|event| event.outdated) {
            Some(event) => *event = new,
            None => self.0.push(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_count_strictly_within_the_period() {
        let mut events = ScaleEvents::default();
        events.store(0.0, 60, 3);
        events.store(30.0, 60, 2);
        assert_eq!(events.change_within(60.0, 60), 2);
        assert_eq!(events.change_within(59.75, 60), 5);
    }

    #[test]
    fn the_last_outdated_change_is_overwritten_and_the_others_go_on_counting() {
        let mut events = ScaleEvents::default();
        events.store(0.0, 60, 3);
        events.store(10.0, 60, 2);
        events.store(100.0, 60, 1);
        assert_eq!(events.change_within(100.0, 1_000), 4, "the change of 2 was overwritten");
        events.store(100.0, 60, 7);
        assert_eq!(events.change_within(100.0, 1_000), 8, "now that of 3");
    }
}
