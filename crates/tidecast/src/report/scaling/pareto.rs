//! Cost and violation: the curves of the HPA over all its targets, and where every contender stands against them.

use super::super::axis::Axis;
use super::super::chart::Chart;
use super::class;
use tidecast_autoscale::simulation::report::{ParetoPoint, Report};

/// Less is drawn as this much: 0.01 %, as a power of ten.
const FLOOR_POWER: i32 = -4;

/// The section.
pub(super) fn section(report: &Report) -> String {
    let power = |share: f64| share.max(10f64.powi(FLOOR_POWER)).log10();
    let hours = |minutes: f64| minutes / 60.0;
    let costs = || report.contenders.iter().map(|one| hours(one.score.cost_replica_minutes));
    let (least, most) = (costs().fold(f64::INFINITY, f64::min), costs().fold(0.0, f64::max));
    let worst = report.contenders.iter().map(|one| power(one.score.violation_share)).fold(-2.0, f64::max);
    let room = (most - least).max(0.1 * most) * 0.08;
    let x = Axis::of_values((least - room).max(0.0), most + room, 8);
    let y = Axis::of_logarithmic_shares(FLOOR_POWER, (worst.ceil() as i32).min(0));
    let within = [x.least, x.most, y.most];
    let mut chart = Chart::new([980.0, 420.0], 24.0, x, y);
    for (metric, class) in [("cpu", "m9"), ("rate", "m1")] {
        let mut curve: Vec<(f64, f64)> =
            report.pareto.iter().filter(|point| point.metric == metric).map(place).collect();
        curve.sort_by(|one, other| one.0.total_cmp(&other.0));
        let curve: Vec<(f64, f64)> = curve.into_iter().map(|(cost, share)| (hours(cost), power(share))).collect();
        let (x, y): (Vec<f64>, Vec<f64>) = clipped(&curve, within).into_iter().unzip();
        chart.line(class, &x, &y);
        let [least, most, top] = within;
        let inside: Vec<_> = curve.into_iter().filter(|(x, y)| (least..=most).contains(x) && *y <= top).collect();
        chart.dots(class, &inside);
    }
    let points: Vec<(&str, f64, f64, &str)> = report
        .contenders
        .iter()
        .map(|one| {
            let (cost, share) = (one.score.cost_replica_minutes, one.score.violation_share);
            (class(&one.name), hours(cost), power(share), one.label.as_str())
        })
        .collect();
    chart.named_points(&points);
    format!(
        "<section aria-labelledby=\"pareto\"><h2 id=\"pareto\">Cost and violation</h2>\
         <p class=\"lede\">Left is cheaper, lower is safer. An HPA can only move along its curve: cheaper or safer, never both. \
         What lies to the left of and below the curves no target of the HPA can reach.</p>\
         <p class=\"legend\"><span class=\"swatch m1\"></span>HPA on request rate, every target\
         <span class=\"swatch m9\"></span>HPA on CPU, every target</p>\
         <figure><p class=\"unit\">share of time with demand beyond capacity, logarithmic; 0.01 % and less at the foot</p>\
         <div class=\"wide\">{}<p class=\"unit end\">cost, replica-hours</p></div></figure></section>",
        chart.finish("Cost and violation of the HPA at every target, and of all contenders")
    )
}

fn place(point: &ParetoPoint) -> (f64, f64) {
    (point.score.cost_replica_minutes, point.score.violation_share)
}

/// A curve cut off where it leaves the picture: from the left, to the right, at the top.
fn clipped(curve: &[(f64, f64)], [least, most, top]: [f64; 3]) -> Vec<(f64, f64)> {
    let inside = |(x, y): (f64, f64)| x >= least && x <= most && y <= top;
    let mut shown = Vec::new();
    for pair in curve.windows(2) {
        let (one, next) = (pair[0], pair[1]);
        // The part of the way from one to the next that is in the picture.
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (start, end, limit, is_upper) in
            [(one.0, next.0, most, true), (one.1, next.1, top, true), (one.0, next.0, least, false)]
        {
            let (start, end, limit) = if is_upper { (start, end, limit) } else { (-start, -end, -limit) };
            let crossing = (limit - start) / (end - start);
            match (start <= limit, end <= limit) {
                (true, true) => {}
                (true, false) => to = to.min(crossing),
                (false, true) => from = from.max(crossing),
                (false, false) => to = -1.0,
            }
        }
        if from > to {
            // A gap: the line breaks.
            shown.push((f64::NAN, f64::NAN));
            continue;
        }
        let at = |part: f64| (one.0 + part * (next.0 - one.0), one.1 + part * (next.1 - one.1));
        shown.extend([at(from), at(to)]);
        if !inside(next) {
            shown.push((f64::NAN, f64::NAN));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_edge() {
        let curve = [(0.0, 0.0), (10.0, -2.0), (20.0, -4.0), (40.0, -4.0)];
        let shown = clipped(&curve, [5.0, 30.0, -1.5]);
        let finite: Vec<_> = shown.into_iter().filter(|(x, _)| x.is_finite()).collect();
        assert_eq!(finite, [(7.5, -1.5), (10.0, -2.0), (10.0, -2.0), (20.0, -4.0), (20.0, -4.0), (30.0, -4.0)]);
        assert!(clipped(&[(1.0, 0.0), (2.0, 0.0)], [5.0, 30.0, -1.0]).iter().all(|(x, _)| x.is_nan()));
    }
}
