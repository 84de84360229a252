//! Axes: a range, and ticks at round values with labels that say no more digits than they need.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Distances between ticks in time that people count in.
const TIMES_MS: [i64; 24] = [
    1,
    10,
    100,
    1_000,
    5_000,
    15_000,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    28 * DAY_MS,
    91 * DAY_MS,
    182 * DAY_MS,
    364 * DAY_MS,
    3_640 * DAY_MS,
];

/// A range with ticks inside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Values: the range is widened to the ticks around it. Any range will do, also an empty or an infinite one.
    pub(super) fn of_values(least: f64, most: f64, count: usize) -> Self {
        let (least, most) =
            if least.is_finite() && most.is_finite() && least <= most { (least, most) } else { (0.0, 1.0) };
        let span = most - least;
        // A constant still needs a height to stand in.
        let span = if span > least.abs().max(most.abs()) * 1e-9 { span } else { least.abs().max(1.0) * 0.2 };
        let step = round_step(span / count.max(1) as f64);
        let (first, last) = ((least / step).floor(), (most / step).ceil().max((least / step).floor() + 1.0));
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let label = |value: f64| {
            if value.abs() >= 1e6 || (value != 0.0 && decimals > 6) {
                format!("{value:.1e}")
            } else {
                format!("{value:.decimals$}")
            }
        };
        let ticks = (0..=((last - first) as usize).min(50)).map(|index| {
            let value = (first + index as f64) * step;
            // Never "-0".
            let value = if value == 0.0 { 0.0 } else { value };
            (value, label(value))
        });
        Self { least: first * step, most: last * step, ticks: ticks.collect() }
    }

    /// Shares from 0 to 1, in percent.
    pub(super) fn of_shares(least: f64, count: usize) -> Self {
        let axis = Self::of_values(least.clamp(0.0, 0.9), 1.0, count);
        let ticks = axis.ticks.into_iter().filter(|(value, _)| *value <= 1.0 + 1e-9);
        Self { most: 1.0, ticks: ticks.map(|(value, _)| (value, format!("{:.0} %", value * 100.0))).collect(), ..axis }
    }

    /// Shares on a logarithmic scale, from one power of ten to another: values are logarithms, labels percent.
    pub(super) fn of_logarithmic_shares(least: i32, most: i32) -> Self {
        let most = most.max(least + 1);
        let label = |power: i32| {
            let decimals = usize::try_from(-2 - power).unwrap_or(0);
            format!("{:.decimals$} %", 100.0 * 10f64.powi(power))
        };
        let ticks = (least..=most).map(|power| (f64::from(power), label(power)));
        Self { least: f64::from(least), most: f64::from(most), ticks: ticks.collect() }
    }

    /// Instants, ms since the Unix epoch: ticks at whole hours, days, weeks (UTC).
    pub(super) fn of_time(from_ms: i64, to_ms: i64, count: usize) -> Self {
        let to_ms = to_ms.max(from_ms.saturating_add(1));
        let step_ms = time_step(to_ms.saturating_sub(from_ms), count);
        let label = |at_ms: i64| {
            let Ok(instant) = Timestamp::from_millisecond(at_ms) else { return at_ms.to_string() };
            let format = match step_ms {
                ..MINUTE_MS => "%H:%M:%S",
                ..DAY_MS if at_ms % DAY_MS != 0 => "%H:%M",
                _ if step_ms > 90 * DAY_MS => "%b %Y",
                _ => "%-d %b",
            };
            instant.to_zoned(TimeZone::UTC).strftime(format).to_string()
        };
        Self { least: from_ms as f64, most: to_ms as f64, ticks: ticks(from_ms, to_ms, step_ms, label) }
    }

    /// Steps ahead, 1 to `horizon`, labelled with how far ahead that is.
    pub(super) fn of_lead(horizon: usize, step_ms: i64, count: usize) -> Self {
        let step_ms = step_ms.max(1);
        let steps = i64::try_from(horizon.max(1)).unwrap_or(i64::MAX);
        let ahead_ms = steps.saturating_mul(step_ms);
        let tick_ms = time_step(ahead_ms, count).max(step_ms);
        let label = |at_ms: i64| tidecast_core::duration::DurationMs(at_ms).to_string();
        let in_steps = ticks(step_ms, ahead_ms, tick_ms, label);
        Self {
            least: 1.0,
            most: (steps as f64).max(2.0),
            ticks: in_steps.into_iter().map(|(at_ms, label)| (at_ms / step_ms as f64, label)).collect(),
        }
    }
}

fn ticks(from_ms: i64, to_ms: i64, step_ms: i64, label: impl Fn(i64) -> String) -> Vec<(f64, String)> {
    let first = from_ms.div_euclid(step_ms) + i64::from(from_ms.rem_euclid(step_ms) != 0);
    let every = (first..).map_while(|index| index.checked_mul(step_ms)).take_while(|at_ms| *at_ms <= to_ms);
    every.take(50).map(|at_ms| (at_ms as f64, label(at_ms))).collect()
}

/// The narrowest of [`TIMES_MS`] that gives no more than `count` ticks; wider ones where even the widest gives more.
fn time_step(span_ms: i64, count: usize) -> i64 {
    let count = i64::try_from(count).unwrap_or(1).max(1);
    TIMES_MS.into_iter().find(|step_ms| span_ms / step_ms <= count).unwrap_or(span_ms / count)
}

/// The least of 1, 2, 5, 10, 20, ... that is not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= least * 0.999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(axis: &Axis, expected: &[&str]) {
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, expected);
        assert!(axis.ticks.iter().all(|(value, _)| (axis.least..=axis.most).contains(value)), "{axis:?}");
    }

    #[test]
    fn values_are_round() {
        check(&Axis::of_values(0.0, 9.7, 5), &["0", "2", "4", "6", "8", "10"]);
        check(&Axis::of_values(0.63, 0.87, 5), &["0.60", "0.65", "0.70", "0.75", "0.80", "0.85", "0.90"]);
        check(&Axis::of_values(-120.0, 340.0, 5), &["-200", "-100", "0", "100", "200", "300", "400"]);
        check(&Axis::of_logarithmic_shares(-4, -1), &["0.01 %", "0.1 %", "1 %", "10 %"]);
        check(&Axis::of_shares(0.62, 4), &["60 %", "70 %", "80 %", "90 %", "100 %"]);
    }

    #[test]
    fn any_range_has_an_axis() {
        for (least, most) in [(5.0, 5.0), (0.0, 0.0), (f64::INFINITY, f64::NEG_INFINITY), (-1e12, 1e12), (1e-9, 2e-9)] {
            let axis = Axis::of_values(least, most, 5);
            assert!(axis.least < axis.most && axis.ticks.len() >= 2 && axis.ticks.len() < 12, "{axis:?}");
        }
        assert!(!Axis::of_time(0, 0, 5).ticks.is_empty());
        assert!(Axis::of_time(0, i64::MAX, 5).ticks.len() <= 6);
        assert!(Axis::of_lead(1, 1, 5).least < Axis::of_lead(1, 1, 5).most);
    }

    #[test]
    fn time_is_counted_in_days_and_hours() {
        check(&Axis::of_time(0, 3 * DAY_MS, 4), &["1 Jan", "2 Jan", "3 Jan", "4 Jan"]);
        check(&Axis::of_time(HOUR_MS, DAY_MS, 5), &["06:00", "12:00", "18:00", "2 Jan"]);
        check(&Axis::of_lead(24, HOUR_MS, 5), &["6h", "12h", "18h", "1d"]);
    }
}
