//! Contenders against the HPA: never one point against another, always against the curve of all targets.

use super::report::{ParetoPoint, Score};

/// The violation up to which service counts as kept.
pub const KEPT: f64 = 0.002;

/// Beyond its budget by this much, a violation is no chance any more.
const TOLERATED: f64 = 1.25;

/// Whether a violation keeps the budget that was declared, but for chance.
#[must_use]
pub fn keeps_budget(violation: f64, budget: f64) -> bool {
    violation <= TOLERATED * budget
}

/// Differences of violation below this are noise: half a minute a day.
const FLOOR: f64 = 0.000_2;

/// The HPA's targets that are not beaten by another in both cost and violation, from cheap to safe.
#[derive(Clone, Debug)]
pub(super) struct Front(Vec<(f64, f64)>);

impl Front {
    pub(super) fn of(points: &[ParetoPoint]) -> Self {
        let mut sorted: Vec<(f64, f64)> =
            points.iter().map(|point| (point.score.cost_replica_minutes, point.score.violation_share)).collect();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut front: Vec<(f64, f64)> = Vec::new();
        for point in sorted {
            if front.last().is_none_or(|last| point.1 < last.1) {
                front.push(point);
            }
        }
        Self(front)
    }

    /// The cheapest target that keeps service.
    pub(super) fn cheapest_kept(&self) -> Option<f64> {
        self.0.iter().find(|(_, violation)| *violation <= KEPT).map(|(cost, _)| *cost)
    }

    /// The cost of the HPA that violates as much, between the two targets around it.
    fn cost_at(&self, violation: f64) -> Option<f64> {
        let after = self.0.iter().position(|(_, found)| *found <= violation)?;
        let (safe, Some(cheap)) = (self.0[after], after.checked_sub(1).map(|before| self.0[before])) else {
            return Some(self.0[after].0);
        };
        let part = (cheap.1 - violation) / (cheap.1 - safe.1);
        Some(cheap.0 + part * (safe.0 - cheap.0))
    }

    /// The violation of the HPA that costs as much.
    fn violation_at(&self, cost: f64) -> Option<f64> {
        let after = self.0.iter().position(|(found, _)| *found > cost).unwrap_or(self.0.len());
        let cheap = self.0[after.checked_sub(1)?];
        let Some(safe) = self.0.get(after) else { return Some(cheap.1) };
        let part = (cost - cheap.0) / (safe.0 - cheap.0);
        Some(cheap.1 + part * (safe.1 - cheap.1))
    }

    /// A cost in units of that of the HPA that violates no more.
    pub(super) fn cost_ratio(&self, score: &Score) -> Option<f64> {
        let cost = self.cost_at(score.violation_share.max(FLOOR))?;
        (cost > 0.0).then(|| score.cost_replica_minutes / cost)
    }

    /// A violation in units of that of the HPA that costs as much; both are taken as at least half a minute a day.
    pub(super) fn violation_ratio(&self, score: &Score) -> Option<f64> {
        let violation = self.violation_at(score.cost_replica_minutes)?;
        Some(score.violation_share.max(FLOOR) / violation.max(FLOOR))
    }
}

/// The share of the gap between the best HPA and the oracle that a score closes, or why there is none.
pub(super) fn gap_closed(score: &Score, front: &Front, oracle: &Score) -> Result<f64, String> {
    if score.violation_share > KEPT {
        let percent = 100.0 * score.violation_share;
        return Err(format!(
            "demand exceeded capacity for {percent:.2} % of the time, more than the 0.2 % that the comparison is made at"
        ));
    }
    let Some(best) = front.cheapest_kept() else {
        return Err("no target of the HPA keeps demand within capacity for all but 0.2 % of the time".to_owned());
    };
    let gap = best - oracle.cost_replica_minutes;
    if gap <= 0.01 * best {
        return Err("the best HPA costs hardly more than the oracle: there is no gap to close".to_owned());
    }
    Ok((best - score.cost_replica_minutes) / gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(cost: f64, violation: f64) -> Score {
        Score { cost_replica_minutes: cost, violation_share: violation, ..Score::default() }
    }

    fn front(points: &[(f64, f64)]) -> Front {
        let point = |(cost, violation): &(f64, f64)| ParetoPoint {
            metric: "rate",
            target: 0.5,
            score: score(*cost, *violation),
        };
        Front::of(&points.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn compares_along_the_curve() {
        // The point at 120 is beaten in both.
        let front = front(&[(100.0, 0.05), (120.0, 0.06), (150.0, 0.01), (200.0, 0.001)]);
        let close = |found: Option<f64>, expected: f64| {
            assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?} {expected}");
        };
        close(front.cheapest_kept(), 200.0);
        close(front.cost_ratio(&score(125.0, 0.03)), 1.0);
        close(front.violation_ratio(&score(125.0, 0.015)), 0.5);
        // Cheaper than every target: there is no HPA to compare with.
        assert_eq!(front.violation_ratio(&score(90.0, 0.1)), None);
        // Safer than every target.
        assert_eq!(front.cost_ratio(&score(300.0, 0.0)), None);
        close(front.violation_ratio(&score(300.0, 0.0)), 0.2);
        close(gap_closed(&score(150.0, 0.002), &front, &score(100.0, 0.0)).ok(), 0.5);
        let reason = gap_closed(&score(150.0, 0.003), &front, &score(100.0, 0.0)).unwrap_err();
        assert!(reason.contains("0.30 %"), "{reason}");
        assert!(gap_closed(&score(199.0, 0.0), &front, &score(199.0, 0.0)).is_err());
    }
}
