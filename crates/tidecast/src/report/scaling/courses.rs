//! Demand and ready capacity over time: the whole scored part, and the day on which the HPA was too slow the longest.

use super::super::axis::Axis;
use super::super::chart::Chart;
use super::super::markup::Escaped;
use super::super::protocol::instant;
use super::class;
use std::fmt::Write;
use std::ops::Range;
use tidecast_autoscale::simulation::report::{Course, Report, Timeline};

/// Who is shown, one below the other.
const SHOWN: [&str; 3] = ["hpa_rate", "hpa_hindsight", "ours"];

/// Points across a chart; more are not seen.
const POINTS_MAX: usize = 900;

const DAY_MS: i64 = 86_400_000;

/// One contender's course in a range of steps, thinned out.
struct Picture {
    /// Starts of parts, ms since the epoch.
    x: Vec<f64>,
    /// The greatest demand of each part.
    demand: Vec<f64>,
    /// The least capacity of each part.
    capacity: Vec<f64>,
    /// Parts in which demand was beyond capacity, from and to.
    violated: Vec<(f64, f64)>,
    /// Seconds of violation in the range.
    violation_seconds: f64,
    /// Replica-hours in the range.
    replica_hours: f64,
}

/// The section.
pub(super) fn section(report: &Report, timeline: &Timeline) -> String {
    let steps = timeline.times_ms.len();
    if steps == 0 {
        return String::new();
    }
    let mut html = String::from(
        "<section aria-labelledby=\"courses\"><h2 id=\"courses\">Demand and ready capacity</h2><p class=\"legend\">\
         <span class=\"swatch demand\"></span>demand<span class=\"swatch capacity\"></span>capacity of ready replicas\
         <span class=\"swatch stretch\"></span>beyond capacity<span class=\"swatch beyond\"></span>demand that is not served</p>\
         <h3>The scored part</h3>",
    );
    html += &figures(report, timeline, 0..steps);
    let (day, why) = worst_day(timeline);
    if day.len() < steps {
        let _infallible = write!(html, "<h3>{why}</h3>");
        html += &figures(report, timeline, day);
    }
    html + "</section>"
}

fn figures(report: &Report, timeline: &Timeline, range: Range<usize>) -> String {
    let capacity = report.conditions.capacity;
    let courses = SHOWN.iter().filter_map(|name| timeline.contenders.iter().find(|course| course.name == *name));
    let pictures: Vec<(&Course, Picture)> =
        courses.map(|course| (course, Picture::of(course, timeline, range.clone(), capacity))).collect();
    // The same scale for all, so that they can be held against each other.
    let all = pictures.iter().flat_map(|(_, picture)| picture.demand.iter().chain(&picture.capacity));
    let most = all.copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let mut html = String::new();
    for (course, picture) in &pictures {
        let setting = report.contenders.iter().find(|one| one.name == course.name).map_or("", |one| &one.setting);
        let _infallible = write!(
            html,
            "<figure><figcaption><span class=\"swatch {class}\"></span><b>{}</b><span class=\"faint\">{} · {:.0} replica-hours · \
             beyond capacity {}</span></figcaption><p class=\"unit\">demand, and capacity in its unit</p>\
             <div class=\"wide\">{}</div></figure>",
            Escaped(&course.label),
            Escaped(setting),
            picture.replica_hours,
            minutes(picture.violation_seconds),
            picture.draw(course, most),
            class = class(&course.name),
        );
    }
    html
}

fn minutes(seconds: f64) -> String {
    match seconds {
        ..=0.0 => "never".to_owned(),
        ..600.0 => format!("{:.1} min", seconds / 60.0),
        ..7_200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

impl Picture {
    fn of(course: &Course, timeline: &Timeline, range: Range<usize>, capacity: f64) -> Self {
        let end = range.end.min(course.ready.len()).min(course.violation_seconds.len()).min(timeline.demand.len());
        let range = range.start.min(end)..end;
        let so_far = |list: &[f64], step: usize| step.checked_sub(1).map_or(0.0, |before| list[before]);
        let since = |list: &[f64], from: usize, to: usize| so_far(list, to) - so_far(list, from);
        let by = range.len().div_ceil(POINTS_MAX).max(1);
        let mut picture = Self {
            x: Vec::new(),
            demand: Vec::new(),
            capacity: Vec::new(),
            violated: Vec::new(),
            violation_seconds: since(&course.violation_seconds, range.start, end),
            replica_hours: since(&course.cost_replica_minutes, range.start, end) / 60.0,
        };
        for from in range.step_by(by) {
            let to = (from + by).min(end);
            let (start, stop) = (timeline.times_ms[from], timeline.times_ms[to - 1] + timeline.step_ms);
            picture.x.push(start as f64);
            let demand = timeline.demand[from..to].iter().flatten().copied().reduce(f64::max);
            picture.demand.push(demand.unwrap_or(f64::NAN));
            let ready = course.ready[from..to].iter().copied().min().unwrap_or(0);
            picture.capacity.push(f64::from(ready) * capacity);
            if since(&course.violation_seconds, from, to) > 0.0 {
                match picture.violated.last_mut().filter(|(_, before)| *before >= start as f64) {
                    Some(last) => last.1 = stop as f64,
                    None => picture.violated.push((start as f64, stop as f64)),
                }
            }
        }
        picture
    }

    fn draw(&self, course: &Course, most: f64) -> String {
        let (Some(first), Some(last)) = (self.x.first(), self.x.last()) else { return String::new() };
        let time = Axis::of_time(*first as i64, *last as i64, 8);
        let mut chart = Chart::new([980.0, 190.0], 12.0, time, Axis::of_values(0.0, most, 4));
        chart.stretches("stretch", &self.violated);
        chart.area("demand", &self.x, &self.demand);
        let high: Vec<f64> = self
            .demand
            .iter()
            .zip(&self.capacity)
            .map(|(demand, capacity)| if demand > capacity { *demand } else { f64::NAN })
            .collect();
        chart.band("beyond", &self.x, &self.capacity, &high);
        chart.line(class(&course.name), &self.x, &self.capacity);
        chart.finish(&format!("Demand and ready capacity of {}", course.label))
    }
}

/// The day with the most violation of the HPA, or of the highest demand where there is none, with its heading.
fn worst_day(timeline: &Timeline) -> (Range<usize>, String) {
    let steps = timeline.times_ms.len();
    let per_day = usize::try_from(DAY_MS / timeline.step_ms.max(1)).unwrap_or(1).clamp(1, steps.max(1));
    let violated = timeline.contenders.iter().find(|course| course.name == "hpa_rate");
    let violated = violated.map_or(&[][..], |course| &course.violation_seconds);
    let by_hour = (per_day / 24).max(1);
    let starts = || (0..=steps.saturating_sub(per_day)).step_by(by_hour);
    let within = |start: usize| {
        let at = |step: usize| step.checked_sub(1).and_then(|before| violated.get(before)).copied().unwrap_or(0.0);
        at(start + per_day) - at(start)
    };
    let most = starts()
        .map(|start| (start, within(start)))
        .fold((0, 0.0), |best, one| if one.1 > best.1 { one } else { best });
    let day = |start: usize| start..(start + per_day).min(steps);
    if most.1 > 0.0 {
        // The middle of the violations, not their edge, where there is room.
        let last = starts().filter(|start| within(*start) >= most.1).last().unwrap_or(most.0);
        let start = usize::midpoint(most.0, last);
        let from = instant(timeline.times_ms[start]);
        return (day(start), format!("The 24 hours with the most demand beyond the HPA’s capacity, from {from} (UTC)"));
    }
    let peak = |start: usize| timeline.demand[day(start)].iter().flatten().copied().fold(0.0, f64::max);
    let start = starts().fold(0, |best, one| if peak(one) > peak(best) { one } else { best });
    (day(start), format!("The 24 hours up to the highest demand, from {} (UTC)", instant(timeline.times_ms[start])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_one_that_hurts() {
        let steps = 3 * 1_440;
        let violation = (0..steps).map(|step| if step >= 2_000 { 600.0 } else { 0.0 }).collect();
        let course = Course {
            name: "hpa_rate".to_owned(),
            ready: vec![2; steps],
            cost_replica_minutes: (1..=steps).map(|step| 2.0 * step as f64).collect(),
            violation_seconds: violation,
            ..Course::default()
        };
        let timeline = Timeline {
            step_ms: 60_000,
            times_ms: (0..steps as i64).map(|step| step * 60_000).collect(),
            demand: vec![Some(1.0); steps],
            predicted: Vec::new(),
            contenders: vec![course],
        };
        let (day, _) = worst_day(&timeline);
        assert!(day.len() == 1_440 && day.contains(&2_000) && day.start < 1_500 && day.end > 2_500, "{day:?}");
        let picture = Picture::of(&timeline.contenders[0], &timeline, day.clone(), 1.0);
        assert_eq!((picture.violation_seconds, picture.replica_hours), (600.0, 48.0));
        assert_eq!(picture.violated.len(), 1);
        assert!(picture.x.len() <= POINTS_MAX);
    }
}
