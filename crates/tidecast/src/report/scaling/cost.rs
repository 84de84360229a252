//! What was paid so far, over time.

use super::super::axis::Axis;
use super::super::chart::Chart;
use super::class;
use tidecast_autoscale::simulation::report::Timeline;

/// Points of a line; more are not seen.
const POINTS_MAX: usize = 300;

/// The section.
pub(super) fn section(timeline: &Timeline) -> String {
    let (Some(first), Some(last)) = (timeline.times_ms.first(), timeline.times_ms.last()) else { return String::new() };
    let ends = timeline.contenders.iter().filter_map(|course| course.cost_replica_minutes.last());
    let most = ends.copied().fold(0.0, f64::max) / 60.0;
    let mut chart = Chart::new(
        [980.0, 300.0],
        200.0,
        Axis::of_time(*first, *last + timeline.step_ms, 7),
        Axis::of_values(0.0, most, 5),
    );
    // Ours last, so that it lies on top.
    for course in timeline.contenders.iter().rev() {
        let steps = course.cost_replica_minutes.len().min(timeline.times_ms.len());
        let by = steps.div_ceil(POINTS_MAX).max(1);
        let shown = (0..steps).filter(|step| step % by == 0 || step + 1 == steps);
        let points = shown.map(|step| {
            ((timeline.times_ms[step] + timeline.step_ms) as f64, course.cost_replica_minutes[step] / 60.0)
        });
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        chart.line(class(&course.name), &x, &y);
        if let Some(end) = y.last() {
            chart.name(class(&course.name), *end, &course.label);
        }
    }
    format!(
        "<section aria-labelledby=\"cost\"><h2 id=\"cost\">Cost so far</h2><figure><p class=\"unit\">replica-hours since the \
         scored part began</p><div class=\"wide\">{}</div></figure></section>",
        chart.finish("Replica-hours paid so far by contender")
    )
}
