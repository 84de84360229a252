//! Charts as SVG: lines and bands between two axes, with labels that do not lie on each other.

use super::axis::Axis;
use super::markup::Escaped;
use super::placing::{Area, places};
use std::fmt::Write;

/// Least distance between the names at the ends of lines, px.
const NAME_PX: f64 = 15.0;
const TOP_PX: f64 = 10.0;
const BOTTOM_PX: f64 = 28.0;
const LEFT_PX: f64 = 52.0;

/// A chart under construction. Sizes are in px of its own coordinates; the page scales it.
pub(super) struct Chart {
    width: f64,
    height: f64,
    /// Room for names to the right of the lines.
    right: f64,
    x: Axis,
    y: Axis,
    body: String,
    names: Vec<(f64, String, String)>,
}

impl Chart {
    /// An empty chart. `right` is the room for names at the ends of lines.
    pub(super) fn new([width, height]: [f64; 2], right: f64, x: Axis, y: Axis) -> Self {
        Self { width, height, right, x, y, body: String::new(), names: Vec::new() }
    }

    /// The area between two rows of points; where either is missing it breaks.
    pub(super) fn band(&mut self, class: &str, x: &[f64], low: &[f64], high: &[f64]) {
        let known = |index: &usize| low[*index].is_finite() && high[*index].is_finite();
        let indices: Vec<usize> = (0..x.len()).collect();
        for run in indices.split(|index| !known(index)).filter(|run| !run.is_empty()) {
            let there = run.iter().map(|&index| self.point(x[index], high[index]));
            let back = run.iter().rev().map(|&index| self.point(x[index], low[index]));
            let points: Vec<String> = there.chain(back).collect();
            let _infallible = write!(self.body, "<path class=\"{class}\" d=\"M{}Z\"/>", points.join("L"));
        }
    }

    /// A line; where a value is missing it breaks. A single value between gaps is a dot.
    pub(super) fn line(&mut self, class: &str, x: &[f64], y: &[f64]) {
        let points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
        let mut path = String::new();
        for run in points.split(|(_, y)| !y.is_finite()).filter(|run| !run.is_empty()) {
            let places: Vec<String> = run.iter().map(|(x, y)| self.point(*x, *y)).collect();
            // A line of no length is drawn as a dot by its round cap.
            let again = if places.len() == 1 { format!("L{}", places[0]) } else { String::new() };
            let _infallible = write!(path, "M{}{again}", places.join("L"));
        }
        let _infallible = write!(self.body, "<path class=\"line {class}\" d=\"{path}\"/>");
    }

    /// A horizontal rule with a name of its own.
    pub(super) fn rule(&mut self, y: f64) {
        let at = self.y_px(y);
        let end = self.width - self.right;
        let _infallible = write!(self.body, "<path class=\"rule\" d=\"M{LEFT_PX} {at:.1}H{end:.1}\"/>");
    }

    /// The area between the foot of the chart and a row of points.
    pub(super) fn area(&mut self, class: &str, x: &[f64], high: &[f64]) {
        let foot = vec![self.y.least; x.len()];
        self.band(class, x, &foot, high);
    }

    /// Marks stretches of the x axis over the whole height; the shortest can still be seen.
    pub(super) fn stretches(&mut self, class: &str, stretches: &[(f64, f64)]) {
        let foot = self.height - BOTTOM_PX;
        let mut path = String::new();
        for (from, to) in stretches {
            let (start, end) = (self.x_px(*from), self.x_px(*to));
            let (start, end) = if end - start < 1.5 { (start, start + 1.5) } else { (start, end) };
            let _infallible = write!(path, "M{start:.1} {TOP_PX:.1}H{end:.1}V{foot:.1}H{start:.1}Z");
        }
        let _infallible = write!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    /// Points of a curve, without names.
    pub(super) fn dots(&mut self, class: &str, points: &[(f64, f64)]) {
        for (x, y) in points {
            let (x, y) = (self.x_px(*x), self.y_px(*y));
            let _infallible =
                write!(self.body, "<circle class=\"dot {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\"/>");
        }
    }

    /// Points with their names, each with its class: class, x, y, name.
    pub(super) fn named_points(&mut self, points: &[(&str, f64, f64, &str)]) {
        let drawn: Vec<(f64, f64, &str)> =
            points.iter().map(|(_, x, y, name)| (self.x_px(*x), self.y_px(*y), *name)).collect();
        let bounds = Area([LEFT_PX + 4.0, TOP_PX, self.width - 4.0, self.height - BOTTOM_PX - 2.0]);
        let areas = places(&drawn, bounds);
        for (((class, ..), (x, y, _)), area) in points.iter().zip(&drawn).zip(&areas) {
            let (end, foot) = area.nearest(*x, *y);
            let _infallible =
                write!(self.body, "<path class=\"leader {class}\" d=\"M{x:.1} {y:.1}L{end:.1} {foot:.1}\"/>");
        }
        for (((class, ..), (x, y, name)), area) in points.iter().zip(&drawn).zip(&areas) {
            let (start, middle) = area.start();
            let _infallible = write!(
                self.body,
                "<circle class=\"dot {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>\
                 <text class=\"tag {class}\" x=\"{start:.1}\" y=\"{:.1}\">{}</text>",
                middle + 4.0,
                Escaped(name)
            );
        }
    }

    /// Names a line where it ends.
    pub(super) fn name(&mut self, class: &str, y: f64, name: &str) {
        if y.is_finite() {
            self.names.push((self.y_px(y), class.to_owned(), name.to_owned()));
        }
    }

    /// The SVG element. `title` is read to those who do not see it.
    pub(super) fn finish(mut self, title: &str) -> String {
        let Self { width, height, .. } = self;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\"><g class=\"grid\">",
            Escaped(title)
        );
        let (end, foot) = (width - self.right, height - BOTTOM_PX);
        for (value, label) in &self.y.ticks {
            let at = self.y_px(*value);
            let _infallible = write!(
                svg,
                "<path d=\"M{LEFT_PX} {at:.1}H{end:.1}\"/><text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT_PX - 8.0,
                at + 4.0,
                Escaped(label)
            );
        }
        for (value, label) in &self.x.ticks {
            let at = self.x_px(*value);
            // A label in the middle of its tick must not be cut off at the edge.
            let half = label.chars().count() as f64 * 3.4;
            let place = at.clamp(half, width - half);
            let _infallible = write!(
                svg,
                "<path d=\"M{at:.1} {foot:.1}v5\"/><text class=\"middle\" x=\"{place:.1}\" y=\"{:.1}\">{}</text>",
                foot + 19.0,
                Escaped(label)
            );
        }
        svg += "</g>";
        svg += &self.body;
        let places = apart(&mut self.names, TOP_PX + 4.0, foot);
        for ((_, class, name), y) in self.names.iter().zip(places) {
            let _infallible = write!(
                svg,
                "<text class=\"name {class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                end + 7.0,
                y + 4.0,
                Escaped(name)
            );
        }
        svg + "</svg>"
    }

    fn point(&self, x: f64, y: f64) -> String {
        format!("{:.1} {:.1}", self.x_px(x), self.y_px(y))
    }

    fn x_px(&self, value: f64) -> f64 {
        let share = (value - self.x.least) / (self.x.most - self.x.least);
        LEFT_PX + share * (self.width - self.right - LEFT_PX)
    }

    fn y_px(&self, value: f64) -> f64 {
        let share = (value - self.y.least) / (self.y.most - self.y.least);
        self.height - BOTTOM_PX - share * (self.height - BOTTOM_PX - TOP_PX)
    }
}

/// Sorts names from top to bottom, and gives each a place of its own as near as possible to where its line ends.
fn apart(names: &mut [(f64, String, String)], top: f64, bottom: f64) -> Vec<f64> {
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut places: Vec<f64> = Vec::with_capacity(names.len());
    for (wanted, _, _) in names.iter() {
        let free = places.last().map_or(top, |last| last + NAME_PX);
        places.push(wanted.max(free));
    }
    // What was pushed below the chart pushes the others up again.
    let mut floor = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(floor);
        floor = *place - NAME_PX;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        Chart::new([300.0, 200.0], 60.0, Axis::of_lead(4, 3_600_000, 4), Axis::of_values(0.0, 2.0, 2))
    }

    #[test]
    fn a_line_breaks_where_a_value_is_missing() {
        let mut chart = chart();
        chart.line("m0", &[1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, f64::NAN, 2.0]);
        assert_eq!(chart.body, "<path class=\"line m0\" d=\"M52.0 172.0L114.7 91.0M240.0 10.0L240.0 10.0\"/>");
    }

    #[test]
    fn a_band_breaks_where_either_edge_is_missing() {
        let mut chart = chart();
        chart.band("fan", &[1.0, 2.0, 3.0, 4.0], &[0.0, 0.0, f64::NAN, 0.0], &[2.0, 2.0, 2.0, f64::NAN]);
        assert_eq!(chart.body, "<path class=\"fan\" d=\"M52.0 10.0L114.7 10.0L114.7 172.0L52.0 172.0Z\"/>");
    }

    #[test]
    fn names_do_not_lie_on_each_other() {
        let mut names: Vec<_> = [50.0, 195.0, 50.0, 52.0].map(|y| (y, String::new(), String::new())).into();
        let places = apart(&mut names, 10.0, 190.0);
        assert_eq!(places, [50.0, 65.0, 80.0, 190.0]);
    }

    #[test]
    fn what_is_written_is_escaped() {
        let mut chart = chart();
        chart.name("m0", 1.0, "<b>");
        let svg = chart.finish("a \"quoted\" <title>");
        assert!(
            svg.contains("&lt;b&gt;") && svg.contains("a &quot;quoted&quot; &lt;title&gt;") && !svg.contains("<b>")
        );
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
}
