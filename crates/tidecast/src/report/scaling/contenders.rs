//! All contenders in a table, in the order in which one reads them: what people have, what they could have, and the bounds.

use super::super::markup::{Escaped, number};
use super::{class, verdict};
use std::fmt::Write;
use tidecast_autoscale::simulation::report::{Contender, Report};

/// Title and what it means.
const COLUMNS: [(&str, &str); 8] = [
    ("Replica-hours", "What is paid for: replicas from their creation, times hours"),
    ("Against the best HPA", "Cost against that of the cheapest HPA target that keeps service, known only afterwards"),
    ("Beyond capacity", "Share of time in which demand exceeded what ready replicas serve"),
    ("Unserved", "Share of demand that was beyond what ready replicas serve"),
    ("Changes", "Changes of the number of replicas"),
    ("Gap closed", "Share of the gap between the best HPA and the oracle that is closed"),
    ("Cost, equal violation", "Cost in units of that of the HPA that violates no more"),
    ("Violation, equal cost", "Violation in units of that of the HPA that costs the same"),
];

/// The section.
pub(super) fn section(report: &Report) -> String {
    let mut html = String::from(
        "<section aria-labelledby=\"contenders\"><h2 id=\"contenders\">Contenders</h2><div class=\"scroll\"><table><thead><tr>\
         <th scope=\"col\"><button type=\"button\" data-kind=\"text\">Contender</button></th>",
    );
    for (title, hint) in COLUMNS {
        let _infallible = write!(
            html,
            "<th scope=\"col\" class=\"end\"><button type=\"button\" data-kind=\"number\" title=\"{hint}\">{title}</button></th>"
        );
    }
    html += "</tr></thead><tbody>";
    let best = verdict::best_hpa(report).map(|best| best.score.cost_replica_minutes);
    report.contenders.iter().for_each(|one| html += &row(one, best));
    html += "</tbody></table></div>";
    for sentence in verdict::comparison(report) {
        let _infallible = write!(html, "<p class=\"lede\">{}</p>", Escaped(&sentence));
    }
    html + "</section>"
}

fn row(one: &Contender, best: Option<f64>) -> String {
    let marked = if one.name == "ours" { " class=\"ours\"" } else { "" };
    let mut row = format!(
        "<tr{marked}><th scope=\"row\" data-value=\"{0}\"><span class=\"swatch {1}\"></span>{0}<small>{2}</small></th>",
        Escaped(&one.label),
        class(&one.name),
        Escaped(&one.setting)
    );
    let cost = one.score.cost_replica_minutes;
    let against = best.filter(|best| *best > 0.0).map(|best| 100.0 * (cost / best - 1.0));
    let tone = match against {
        Some(..-0.5) => "good",
        Some(0.5..) => "bad",
        _ => "",
    };
    let signed = against.map_or_else(|| "–".to_owned(), |percent| format!("{percent:+.1} %"));
    let percent = |value: Option<f64>, digits| {
        number(value.map(|value| 100.0 * value), digits) + if value.is_some() { " %" } else { "" }
    };
    let cells = [
        (Some(cost), format!("{:.1}", cost / 60.0)),
        (against, format!("<span class=\"{tone}\">{signed}</span>")),
        (Some(one.score.violation_share), percent(Some(one.score.violation_share), 3)),
        (Some(one.score.unserved_share), percent(Some(one.score.unserved_share), 4)),
        (Some(one.score.scale_events as f64), one.score.scale_events.to_string()),
        (one.gap_closed, percent(one.gap_closed, 0)),
        (one.cost_vs_hpa_equal_violation, number(one.cost_vs_hpa_equal_violation, 2)),
        (one.violation_vs_hpa_equal_cost, number(one.violation_vs_hpa_equal_cost, 2)),
    ];
    for (value, html) in cells {
        let value = value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string());
        let _infallible = write!(row, "<td class=\"end\" data-value=\"{value}\">{html}</td>");
    }
    row + "</tr>"
}
