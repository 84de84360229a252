//! KEDA with a cron trigger beside the request rate: someone looked at the past, and wrote down when it is busy.

use super::{Contender, Hpa, Limits, Metric, View, reconcile, replicas_for};
use crate::hpa::Scaler;
use crate::policy::{Calendar, CalendarEntry};
use crate::trace::Trace;

const HOUR_MS: i64 = 3_600_000;

/// The HPA on the request rate, and a fixed number of replicas during the busy hours.
pub(in super::super) struct KedaCron {
    hpa: Hpa,
    calendar: Option<Calendar>,
    scaler: Scaler,
    /// The busy hours, for people.
    pub(in super::super) setting: String,
}

impl KedaCron {
    /// With the busy hours of the trace before a time: the longest run of hours of the day above half of the busiest.
    pub(in super::super) fn new(trace: &Trace, until_ms: i64, target: f64, capacity: f64, limits: Limits<'_>) -> Self {
        let busy = busy_hours(&by_hour(trace, until_ms));
        let entry = busy.map(|(first, hours, demand)| CalendarEntry {
            start: format!("0 {first} * * *"),
            end: format!("0 {} * * *", (first + hours) % 24),
            time_zone: "UTC".to_owned(),
            min_replicas: replicas_for(demand, capacity, target).min(limits.max),
        });
        let setting = entry.as_ref().map_or_else(
            || "no busy hours".to_owned(),
            |entry| format!("{} from {} to {}", entry.min_replicas, entry.start, entry.end),
        );
        let calendar = entry.and_then(|entry| Calendar::new(&[entry]).ok());
        Self { hpa: Hpa::new(Metric::Rate, target, capacity, limits), calendar, scaler: limits.scaler(), setting }
    }
}

impl Contender for KedaCron {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        let planned = self.calendar.as_mut().and_then(|calendar| calendar.min_replicas(view.now_ms));
        let proposal = self.hpa.proposal(view).max(planned);
        reconcile(&mut self.scaler, view, proposal)
    }
}

/// The demand that is exceeded for one in twenty of the steps in each hour of the day.
fn by_hour(trace: &Trace, until_ms: i64) -> [f64; 24] {
    let mut hours: [Vec<f64>; 24] = Default::default();
    for (time_ms, demand) in trace.iter().take_while(|(time_ms, _)| *time_ms < until_ms) {
        if !demand.is_nan() {
            hours[(time_ms.div_euclid(HOUR_MS).rem_euclid(24)) as usize].push(demand);
        }
    }
    hours.map(|mut demands| {
        demands.sort_by(f64::total_cmp);
        demands.get(demands.len().saturating_sub(1) * 19 / 20).copied().unwrap_or(0.0)
    })
}

/// First hour, how many hours, and the greatest demand within; none where all hours are busy, or none.
fn busy_hours(by_hour: &[f64; 24]) -> Option<(usize, usize, f64)> {
    let half = by_hour.iter().copied().fold(0.0, f64::max) / 2.0;
    let run = |first: usize| (0..24).take_while(|hour| by_hour[(first + hour) % 24] > half).count();
    let (first, hours) = (0..24).map(|first| (first, run(first))).max_by_key(|(first, hours)| (*hours, 24 - first))?;
    let demand = (0..hours).map(|hour| by_hour[(first + hour) % 24]).fold(0.0, f64::max);
    (hours > 0 && hours < 24).then_some((first, hours, demand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_hours_may_go_over_midnight() {
        let mut by_hour = [1.0; 24];
        assert_eq!(busy_hours(&by_hour), None);
        for hour in [22, 23, 0, 1, 9] {
            by_hour[hour] = 10.0;
        }
        by_hour[23] = 11.0;
        assert_eq!(busy_hours(&by_hour), Some((22, 4, 11.0)));
    }
}
