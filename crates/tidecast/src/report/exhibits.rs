//! Some series in detail: what was forecast, and what came.

use super::Exhibit;
use super::axis::Axis;
use super::chart::Chart;
use super::markup::{Escaped, number};
use std::fmt::Write;

/// Every exhibit with its chart.
pub(super) fn section(exhibits: &[Exhibit], step_ms: i64) -> String {
    let mut html = String::from(
        "<section aria-labelledby=\"exhibits\"><h2 id=\"exhibits\">Forecast and actual</h2><p class=\"legend\">\
         <span class=\"swatch actual\"></span>actual<span class=\"swatch median\"></span>forecast (median)\
         <span class=\"swatch fan\"></span>80 % interval</p>",
    );
    for exhibit in exhibits {
        let Exhibit { series, standing, model, mase, .. } = exhibit;
        let standing = standing.map_or_else(String::new, |standing| format!("<span class=\"badge\">{standing}</span>"));
        let _infallible = write!(
            html,
            "<figure><figcaption>{standing}<code>{}</code><span class=\"faint\">{} · MASE {}</span></figcaption>\
             <div class=\"wide\">{}</div></figure>",
            Escaped(&series.to_string()),
            Escaped(model.as_deref().unwrap_or("–")),
            number(*mase, 3),
            chart(exhibit, step_ms)
        );
    }
    html + "</section>"
}

fn chart(exhibit: &Exhibit, step_ms: i64) -> String {
    let steps = i64::try_from(exhibit.actual.len()).unwrap_or(i64::MAX);
    let end_ms = exhibit.start_ms.saturating_add(steps.saturating_sub(1).saturating_mul(step_ms));
    let x: Vec<f64> =
        (0..steps).map(|step| exhibit.start_ms.saturating_add(step.saturating_mul(step_ms)) as f64).collect();
    let all = || exhibit.forecast.iter().flatten().chain(&exhibit.actual).copied().filter(|value| value.is_finite());
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    // Zero belongs to the picture when the data come near it.
    let least = if least >= 0.0 && least < most * 0.4 { 0.0 } else { least };
    let axes = (Axis::of_time(exhibit.start_ms, end_ms, 8), Axis::of_values(least, most, 5));
    let mut chart = Chart::new([980.0, 230.0], 12.0, axes.0, axes.1);
    if let [low, median, high] = &exhibit.forecast[..] {
        chart.band("fan", &x, low, high);
        chart.line("median", &x, median);
    }
    chart.line("actual", &x, &exhibit.actual);
    chart.finish(&format!("Forecast and actual values of {}", exhibit.series))
}
