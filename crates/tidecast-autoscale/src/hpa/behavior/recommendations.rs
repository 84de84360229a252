//! What the metrics asked for lately, so that a passing dip or peak is not followed.
//!
//! Raw proposals are kept, not what became of them. The list grows to as many as fit into the longer window: from then on
//! each new one takes the place of one that no window reaches any more.

/// A proposal of the metrics and its time.
#[derive(Clone, Copy, Debug)]
struct Recommendation {
    replicas: i32,
    at_seconds: f64,
}

/// Recent proposals, in no particular order.
#[derive(Clone, Debug, Default)]
pub(super) struct Recommendations(Vec<Recommendation>);

impl Recommendations {
    /// Upstream's `recordInitialRecommendation`: what there was before the first decision counts as asked for.
    pub(super) fn begin(&mut self, now_seconds: f64, current: i32) {
        if self.0.is_empty() {
            self.0.push(Recommendation { replicas: current, at_seconds: now_seconds });
        }
    }

    /// Upstream's `stabilizeRecommendation`, where there is no behavior: the greatest within the window. One that lies
    /// exactly on its edge still counts.
    pub(super) fn stabilize(&mut self, now_seconds: f64, window_seconds: f64, proposal: i32) -> i32 {
        let cutoff = now_seconds - window_seconds;
        let mut greatest = proposal;
        let mut old = None;
        for (index, recommendation) in self.0.iter().enumerate() {
            if recommendation.at_seconds < cutoff {
                old = Some(index);
            } else {
                greatest = greatest.max(recommendation.replicas);
            }
        }
        self.record(old, Recommendation { replicas: proposal, at_seconds: now_seconds });
        greatest
    }

    /// Upstream's `stabilizeRecommendationWithBehaviors`: as near to the present number as the least of one window and the
    /// greatest of the other allow. One that lies exactly on an edge counts no more, and is not yet replaced.
    pub(super) fn stabilize_both_ways(
        &mut self,
        now_seconds: f64,
        (up_seconds, down_seconds): (i32, i32),
        current: i32,
        proposal: i32,
    ) -> i32 {
        let up_cutoff = now_seconds - f64::from(up_seconds);
        let down_cutoff = now_seconds - f64::from(down_seconds);
        let (mut least, mut greatest) = (proposal, proposal);
        let mut old = None;
        for (index, recommendation) in self.0.iter().enumerate() {
            let at_seconds = recommendation.at_seconds;
            if at_seconds > up_cutoff {
                least = least.min(recommendation.replicas);
            }
            if at_seconds > down_cutoff {
                greatest = greatest.max(recommendation.replicas);
            }
            if at_seconds < up_cutoff && at_seconds < down_cutoff {
                old = Some(index);
            }
        }
        self.record(old, Recommendation { replicas: proposal, at_seconds: now_seconds });
        current.max(least).min(greatest)
    }

    fn record(&mut self, old: Option<usize>, recommendation: Recommendation) {
        match old.and_then(|index| self.0.get_mut(index)) {
            Some(place) => *place = recommendation,
            None => self.0.push(recommendation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_behavior_the_edge_of_the_window_counts() {
        let mut recommendations = Recommendations::default();
        recommendations.begin(0.0, 9);
        recommendations.begin(1.0, 99);
        assert_eq!(recommendations.stabilize(60.0, 60.0, 3), 9);
        assert_eq!(recommendations.stabilize(60.25, 60.0, 4), 4);
        assert_eq!(recommendations.0.len(), 2, "the old one was replaced");
    }

    #[test]
    fn with_a_behavior_it_does_not() {
        let mut recommendations = Recommendations::default();
        recommendations.begin(0.0, 9);
        assert_eq!(recommendations.stabilize_both_ways(60.0, (0, 60), 9, 3), 3);
        assert_eq!(recommendations.0.len(), 2, "nothing is old enough to be replaced");
        // Upwards the least of the last minute holds: that was 3.
        assert_eq!(recommendations.stabilize_both_ways(90.0, (60, 0), 5, 8), 5);
        assert_eq!(recommendations.stabilize_both_ways(121.0, (60, 0), 5, 8), 8);
    }
}
