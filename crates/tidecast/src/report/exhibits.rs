//! Series in detail: what was forecast, and what came. The best, the median and the worst are shown; a select box has the
//! others.

use super::axis::Axis;
use super::chart::Chart;
use super::markup::{Escaped, number};
use super::{Exhibit, Report};
use std::fmt::Write;

/// All exhibits with their charts.
pub(super) fn section(report: &Report) -> String {
    let mut html = String::from(
        "<section aria-labelledby=\"exhibits\"><h2 id=\"exhibits\">Forecast and actual</h2><p class=\"legend\">\
         <span class=\"swatch actual\"></span>actual<span class=\"swatch median\"></span>forecast (median)\
         <span class=\"swatch fan\"></span>80 % interval</p>",
    );
    let few = report.exhibits.len() <= 3;
    let (shown, others): (Vec<&Exhibit>, Vec<&Exhibit>) =
        report.exhibits.iter().partition(|exhibit| few || exhibit.standing.is_some());
    for exhibit in shown {
        let standing = exhibit.standing.map(|standing| format!("<span class=\"badge\">{standing}</span>"));
        let _infallible = write!(
            html,
            "<figure><figcaption>{}<code>{}</code><span class=\"faint\">{}</span></figcaption>{}</figure>",
            standing.unwrap_or_default(),
            Escaped(&exhibit.series.to_string()),
            Escaped(&accuracy(exhibit)),
            chart(exhibit, report.step_ms, "")
        );
    }
    html += &choice(report, &others);
    html + "</section>"
}

/// One figure whose series is chosen.
fn choice(report: &Report, others: &[&Exhibit]) -> String {
    let Some(first) = others.first() else { return String::new() };
    let mut html = String::from(
        "<figure><figcaption><label for=\"another\">Another series</label><select id=\"another\" autocomplete=\"off\">",
    );
    for (index, exhibit) in others.iter().enumerate() {
        let rank = exhibit.rank.map_or_else(String::new, |rank| format!("{rank}. "));
        let label = format!("{rank}{} · {}", exhibit.series, accuracy(exhibit));
        let _infallible = write!(html, "<option value=\"exhibit-{index}\">{}</option>", Escaped(&label));
    }
    html += "</select></figcaption>";
    for (index, exhibit) in others.iter().enumerate() {
        let hidden = if std::ptr::eq(*exhibit, *first) { "" } else { " hidden" };
        html += &chart(exhibit, report.step_ms, &format!(" id=\"exhibit-{index}\"{hidden}"));
    }
    let left_out = report.series.len().saturating_sub(report.exhibits.len());
    if left_out > 0 {
        let _infallible = write!(
            html,
            "<p class=\"faint\">Of {} series {} are drawn, spread evenly from the best to the worst.</p>",
            report.series.len(),
            report.exhibits.len()
        );
    }
    html + "</figure>"
}

fn accuracy(Exhibit { model, mase, .. }: &Exhibit) -> String {
    format!("{} · MASE {}", model.as_deref().unwrap_or("–"), number(*mase, 3))
}

fn chart(exhibit: &Exhibit, step_ms: i64, attributes: &str) -> String {
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
    let svg = chart.finish(&format!("Forecast and actual values of {}", exhibit.series));
    format!("<div class=\"wide\"{attributes}>{svg}</div>")
}
