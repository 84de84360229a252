//! The greatest changes that our policy made, with their reasons.

use super::super::markup::Escaped;
use super::super::protocol::instant;
use std::fmt::Write;
use tidecast_autoscale::simulation::report::Change;

/// More help nobody; `explain` has them all.
const SHOWN_MAX: usize = 50;

/// The section.
pub(super) fn section(decisions: &[Change]) -> String {
    let mut greatest: Vec<&Change> = decisions.iter().collect();
    greatest
        .sort_by_key(|change| (std::cmp::Reverse(change.to.abs_diff(change.from)), std::cmp::Reverse(change.time_ms)));
    greatest.truncate(SHOWN_MAX);
    greatest.sort_by_key(|change| std::cmp::Reverse(change.time_ms));
    let rows: String = greatest.iter().map(|change| row(change)).collect();
    let table = if rows.is_empty() {
        "<p class=\"lede\">Nothing was changed in the scored part.</p>".to_owned()
    } else {
        let head = ["Time (UTC)", "Replicas", "Rule", "Present demand", "Forecast", "Covers", "Reason"];
        let head: String =
            head.iter().map(|title| format!("<th scope=\"col\"><span class=\"faint\">{title}</span></th>")).collect();
        format!("<div class=\"scroll\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")
    };
    let which = match decisions.len() {
        0..=SHOWN_MAX => "newest first".to_owned(),
        all => format!("the greatest {SHOWN_MAX} of {all}, newest first"),
    };
    format!(
        "<section aria-labelledby=\"changes\"><h2 id=\"changes\">What Tidecast changed, and why <span class=\"faint\">{which}</span></h2>\
         {table}</section>"
    )
}

fn row(change: &Change) -> String {
    let mut row = String::new();
    let _infallible = write!(
        row,
        "<tr><td>{}</td><td>{} → {}</td><td>{}</td><td class=\"end\">{}</td><td class=\"end\">{}</td><td class=\"end\">{}</td>\
         <td class=\"reason\">{}</td></tr>",
        instant(change.time_ms),
        change.from,
        change.to,
        Escaped(change.rule),
        change.reactive,
        change.predicted.map_or_else(|| "–".to_owned(), |predicted| predicted.to_string()),
        change.quantile.map_or_else(|| "–".to_owned(), |quantile| format!("{:.2} %", 100.0 * quantile)),
        Escaped(&change.reason),
    );
    row
}
