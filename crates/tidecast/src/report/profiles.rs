//! Error and coverage by step ahead: one line for each contestant.

use super::axis::Axis;
use super::chart::Chart;
use super::{Report, Standing};
use std::fmt::Write;
use tidecast_core::duration::DurationMs;

/// More points than this are averaged in groups: nobody sees a thousand steps on a chart.
const POINTS_MAX: usize = 240;
const SIZE: [f64; 2] = [520.0, 290.0];
/// The height that names are kept within decides how many fit.
const NAMES_MAX: usize = 16;
/// Share of actual values that the interval promises to hold.
const PROMISED: f64 = 0.8;

/// Both charts.
pub(super) fn section(report: &Report) -> String {
    let (error, coverage) = (error_chart(report), coverage_chart(report));
    let ahead = DurationMs(report.step_ms.saturating_mul(i64::try_from(report.horizon).unwrap_or(i64::MAX)));
    let mut html = String::new();
    let _infallible = write!(
        html,
        "<section class=\"pair\"><figure><h2>Error by time ahead</h2><p class=\"faint\">MASE, mean over the series; less \
         is better. Up to {ahead} ahead.</p>{error}</figure><figure><h2>Coverage by time ahead</h2><p class=\"faint\">Share \
         of actual values inside the 80 % interval; the dashed line is what was promised.</p>{coverage}</figure></section>"
    );
    html
}

/// The class that gives a contestant its colour, by rank.
pub(super) fn class(standing: &Standing) -> String {
    format!("m{}", (standing.rank.max(1) - 1) % 12)
}

fn error_chart(report: &Report) -> String {
    let lines = lines(report, |one| &one.mase_by_step);
    // One hopeless contestant must not flatten the others.
    let best = lines.iter().map(|line| highest(&line.1)).fold(f64::INFINITY, f64::min);
    let most = lines.iter().map(|line| highest(&line.1)).fold(0.0, f64::max).min(best * 4.0);
    let least = lines.iter().flat_map(|line| line.1.iter().copied()).fold(f64::INFINITY, f64::min);
    let y = Axis::of_values(if least < most * 0.4 { 0.0 } else { least }, most, 5);
    let clipped = y.most;
    draw(report, lines, y, |value| if value > clipped { f64::NAN } else { value }, None, "Error by time ahead")
}

fn coverage_chart(report: &Report) -> String {
    let lines = lines(report, |one| &one.coverage_by_step);
    let least = lines.iter().flat_map(|line| line.1.iter().copied()).fold(0.75, f64::min);
    draw(report, lines, Axis::of_shares(least - 0.02, 4), |value| value, Some(PROMISED), "Coverage by time ahead")
}

type Line<'a> = (&'a Standing, Vec<f64>);

fn lines<'a>(report: &'a Report, values: impl Fn(&'a Standing) -> &'a [Option<f64>]) -> Vec<Line<'a>> {
    let group = report.horizon.div_ceil(POINTS_MAX).max(1);
    let of_group = |group: &[Option<f64>]| {
        let known: Vec<f64> = group.iter().flatten().copied().collect();
        if known.is_empty() { f64::NAN } else { known.iter().sum::<f64>() / known.len() as f64 }
    };
    report.leaderboard.iter().map(|one| (one, values(one).chunks(group).map(of_group).collect())).collect()
}

fn draw(
    report: &Report,
    lines: Vec<Line<'_>>,
    y: Axis,
    shown: impl Fn(f64) -> f64,
    rule: Option<f64>,
    title: &str,
) -> String {
    let group = report.horizon.div_ceil(POINTS_MAX).max(1);
    let mut chart = Chart::new(SIZE, 116.0, Axis::of_lead(report.horizon, report.step_ms, 6), y);
    if let Some(at) = rule {
        chart.rule(at);
    }
    // The best is drawn last, over the others.
    for (standing, values) in lines.into_iter().rev() {
        let x: Vec<f64> = (0..values.len())
            .map(|index| {
                let (first, last) = (index * group, ((index + 1) * group).min(report.horizon) - 1);
                1.0 + f64::midpoint(first as f64, last as f64)
            })
            .collect();
        let values: Vec<f64> = values.into_iter().map(&shown).collect();
        let class = class(standing);
        chart.line(&class, &x, &values);
        if standing.rank <= NAMES_MAX
            && let Some(last) = values.iter().rev().find(|value| value.is_finite())
        {
            chart.name(&class, *last, &standing.model);
        }
    }
    chart.finish(title)
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| value.is_finite()).fold(f64::NEG_INFINITY, f64::max)
}
