//! The greatest changes that our policy made, with their reasons.

use super::super::markup::Escaped;
use super::super::protocol::instant;
use std::fmt::Write;
use tidecast_autoscale::simulation::report::Change;

/// More help nobody; `explain` has them all.
const SHOWN_MAX: usize = 50;

/// Those that are seen at once; a click shows the others.
const OPEN: usize = 12;

/// The section.
pub(super) fn section(decisions: &[Change]) -> String {
    let mut greatest: Vec<&Change> = decisions.iter().collect();
    greatest
        .sort_by_key(|change| (std::cmp::Reverse(change.to.abs_diff(change.from)), std::cmp::Reverse(change.time_ms)));
    greatest.truncate(SHOWN_MAX);
    greatest.sort_by_key(|change| std::cmp::Reverse(change.time_ms));
    let list = |changes: &[&Change]| {
        format!("<ol class=\"changes\">{}</ol>", changes.iter().map(|change| item(change)).collect::<String>())
    };
    let (open, folded) = greatest.split_at(greatest.len().min(OPEN));
    let mut body = match open {
        [] => "<p class=\"lede\">Nothing was changed in the scored part.</p>".to_owned(),
        open => list(open),
    };
    if !folded.is_empty() {
        let _infallible = write!(body, "<details><summary>{} more</summary>{}</details>", folded.len(), list(folded));
    }
    let which = match decisions.len() {
        0..=SHOWN_MAX => "newest first".to_owned(),
        all => format!("the greatest {SHOWN_MAX} of {all}, newest first"),
    };
    format!(
        "<section aria-labelledby=\"changes\"><h2 id=\"changes\">What Tidecast changed, and why <span class=\"faint\">{which}</span></h2>\
         {body}</section>"
    )
}

fn item(change: &Change) -> String {
    let mut facts =
        format!("{} · {} · present demand asks for {}", instant(change.time_ms), change.rule, change.reactive);
    if let Some(predicted) = change.predicted {
        let _infallible = write!(facts, ", the forecast for {predicted}");
    }
    if let Some(quantile) = change.quantile {
        let _infallible = write!(facts, " · covers {:.2} % of the past", 100.0 * quantile);
    }
    let (from, to) = (change.from, change.to);
    format!("<li><b>{from} → {to}</b><span>{}</span><p>{}</p></li>", Escaped(&facts), Escaped(&change.reason))
}
