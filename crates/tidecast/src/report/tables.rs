//! The leaderboard and the list of series. Both sort by any column; `data-value` has what a cell is sorted by.

use super::markup::{Escaped, figure, number, percent};
use super::profiles::class;
use super::{Report, Row, Standing};
use std::fmt::Write;

/// More series than this are in the JSON only: a page of a hundred thousand lines helps nobody.
const SERIES_MAX: usize = 3_000;

struct Column {
    title: &'static str,
    hint: &'static str,
    numeric: bool,
}

const fn word(title: &'static str) -> Column {
    Column { title, hint: "", numeric: false }
}

const fn value(title: &'static str, hint: &'static str) -> Column {
    Column { title, hint, numeric: true }
}

const LEADERBOARD: [Column; 10] = [
    value("#", "Rank by MASE"),
    word("Model"),
    value("MASE", "Mean absolute scaled error, mean over the series: less is better"),
    value("Median", "Median over the series of MASE"),
    value("MAE", "Mean absolute error in the unit of the series, mean over the series"),
    value("sMAPE", "Symmetric mean absolute percentage error"),
    value("In 80 %", "Share of actual values inside the 80 % interval: near 80 % is good"),
    value("Pinball", "Pinball loss of the levels 10, 50 and 90 %, scaled: less is better"),
    value("Best on", "Series on which no other model is better"),
    value("Time", "Fitting and forecasting, seconds"),
];

const SERIES: [Column; 9] = [
    word("Series"),
    word("Model"),
    value("MASE", "Mean absolute scaled error: less is better"),
    value("Naive", "MASE of the seasonal naive forecast"),
    value("Better by", "Share of the seasonal naive forecast's error that is saved"),
    value("MAE", "Mean absolute error in the unit of the series"),
    value("sMAPE", "Symmetric mean absolute percentage error"),
    value("In 80 %", "Share of actual values inside the 80 % interval"),
    word("Note"),
];

/// Every contestant, best first.
pub(super) fn leaderboard(report: &Report) -> String {
    let widest = report.leaderboard.iter().filter_map(|one| one.measures.mase).fold(0.0, f64::max);
    let rows = report.leaderboard.iter().map(|one| standing(one, widest));
    let left_out = report.series.len() - report.series_compared;
    let note = if left_out == 0 {
        String::new()
    } else {
        format!(
            "<p class=\"faint\">Means are over the {} series on which every contestant has a MASE; {left_out} left out \
             (constant or missing before the first origin, or not fitted).</p>",
            report.series_compared
        )
    };
    format!(
        "<section aria-labelledby=\"leaderboard\"><h2 id=\"leaderboard\">Leaderboard</h2>{}{note}</section>",
        table(&LEADERBOARD, rows)
    )
}

fn standing(one: &Standing, widest: f64) -> String {
    let mut row = String::from("<tr>");
    plain(&mut row, Some(one.rank as f64), &one.rank.to_string());
    let _infallible = write!(
        row,
        "<th scope=\"row\" data-value=\"{0}\"><span class=\"swatch {1}\"></span>{0}</th>",
        Escaped(&one.model),
        class(one)
    );
    let share = one.measures.mase.map_or(0.0, |mase| if widest > 0.0 { mase / widest * 100.0 } else { 0.0 });
    let bar = format!("<span class=\"bar\"><i class=\"{}\" style=\"width:{share:.1}%\"></i></span>", class(one));
    plain(&mut row, one.measures.mase, &format!("{bar}{}", number(one.measures.mase, 3)));
    plain(&mut row, one.mase_median, &number(one.mase_median, 3));
    plain(&mut row, one.measures.mae, &figure(one.measures.mae));
    plain(&mut row, one.measures.smape, &smape(one.measures.smape));
    plain(&mut row, one.measures.coverage, &share_of(one.measures.coverage));
    plain(&mut row, one.measures.pinball, &number(one.measures.pinball, 3));
    plain(&mut row, Some(one.best_on as f64), &one.best_on.to_string());
    plain(&mut row, Some(one.wall_s), &format!("{:.1} s", one.wall_s));
    row + "</tr>"
}

/// Every series.
pub(super) fn series(report: &Report) -> String {
    let left_out = report.series.len().saturating_sub(SERIES_MAX);
    let note = if left_out == 0 {
        String::new()
    } else {
        format!("<p class=\"faint\">The first {SERIES_MAX} series; --format json has the other {left_out}.</p>")
    };
    format!(
        "<section aria-labelledby=\"series\"><h2 id=\"series\">Every series <span class=\"faint\">forecast by {}</span></h2>{}{note}</section>",
        Escaped(&report.model),
        table(&SERIES, report.series.iter().take(SERIES_MAX).map(one_series))
    )
}

fn one_series(one: &Row) -> String {
    let saved = one.measures.mase.zip(one.mase_seasonal_naive).filter(|(_, naive)| *naive > 0.0);
    let saved = saved.map(|(mase, naive)| 1.0 - mase / naive);
    let mut row = String::new();
    let name = one.series.to_string();
    let _infallible = write!(row, "<tr><th scope=\"row\" data-value=\"{0}\"><code>{0}</code></th>", Escaped(&name));
    let model = one.model.as_deref().unwrap_or("–");
    let _infallible = write!(row, "<td data-value=\"{0}\">{0}</td>", Escaped(model));
    plain(&mut row, one.measures.mase, &number(one.measures.mase, 3));
    plain(&mut row, one.mase_seasonal_naive, &number(one.mase_seasonal_naive, 3));
    let tone = if saved.is_some_and(|saved| saved < 0.0) { "bad" } else { "good" };
    plain(&mut row, saved, &format!("<span class=\"{tone}\">{}</span>", percent(saved)));
    plain(&mut row, one.measures.mae, &figure(one.measures.mae));
    plain(&mut row, one.measures.smape, &smape(one.measures.smape));
    plain(&mut row, one.measures.coverage, &share_of(one.measures.coverage));
    let note = one.note.as_deref().unwrap_or_default();
    let _infallible = write!(row, "<td class=\"note\" data-value=\"{0}\">{0}</td></tr>", Escaped(note));
    row
}

/// A figure's cell. `html` is ours; what it is sorted by is the figure itself.
fn plain(row: &mut String, value: Option<f64>, html: &str) {
    let value = value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string());
    let _infallible = write!(row, "<td class=\"end\" data-value=\"{value}\">{html}</td>");
}

fn smape(value: Option<f64>) -> String {
    number(value, 1) + if value.is_some() { " %" } else { "" }
}

/// Coverage far from what was promised stands out.
fn share_of(coverage: Option<f64>) -> String {
    let far = coverage.is_some_and(|coverage| (coverage - 0.8).abs() > 0.06);
    if far { format!("<span class=\"warn\">{}</span>", percent(coverage)) } else { percent(coverage) }
}

fn table(columns: &[Column], rows: impl Iterator<Item = String>) -> String {
    let mut html = String::from("<div class=\"scroll\"><table><thead><tr>");
    for Column { title, hint, numeric } in columns {
        let (class, kind) = if *numeric { (" class=\"end\"", "number") } else { ("", "text") };
        let _infallible = write!(
            html,
            "<th scope=\"col\"{class}><button type=\"button\" data-kind=\"{kind}\" title=\"{hint}\">{title}</button></th>"
        );
    }
    html += "</tr></thead><tbody>";
    rows.for_each(|row| html += &row);
    html + "</tbody></table></div>"
}
