//! The page: its head with the verdict, then contenders, courses over time, the curve of the HPA, costs, changes, protocol.

use super::super::markup::{Escaped, number};
use super::{changes, contenders, cost, courses, pareto, protocol, verdict};
use tidecast_autoscale::simulation::report::{Replay, Report};

/// The whole HTML document.
pub(crate) fn render(replay: &Replay) -> String {
    let Replay { report, timeline, decisions } = replay;
    let head = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Replay · Tidecast</title><style>{}{}</style></head><body>\
         <header><p class=\"faint\">Tidecast replay</p><h1>{}</h1><p class=\"faint\">{}</p></header><main>",
        include_str!("../page.css"),
        include_str!("page.css"),
        Escaped(&verdict::recommendation(report)),
        Escaped(&verdict::data(&report.trace)),
    );
    let parts = [
        head,
        tiles(report),
        notes(report),
        contenders::section(report),
        courses::section(report, timeline),
        pareto::section(report),
        cost::section(timeline),
        changes::section(decisions),
        protocol::section(report),
        format!("</main><script>{}</script></body></html>\n", include_str!("../page.js")),
    ];
    parts.concat()
}

fn tiles(report: &Report) -> String {
    let tile = |value: String, name: &str| format!("<div><b>{value}</b><span>{name}</span></div>");
    let ours = report.contenders.iter().find(|one| one.name == "ours");
    let percent = |share: Option<f64>, digits| {
        number(share.map(|share| 100.0 * share), digits) + if share.is_some() { " %" } else { "" }
    };
    let tiles = [
        tile(percent(report.gap_closed, 0), "of the gap from the best HPA to the oracle closed"),
        tile(percent(report.cost_vs_hpa_equal_violation, 0), "of the HPA’s cost at equal violation"),
        tile(percent(report.violation_vs_hpa_equal_cost, 0), "of the HPA’s violation at equal cost"),
        tile(percent(ours.map(|ours| ours.score.violation_share), 2), "of the time beyond capacity"),
    ];
    format!("<div class=\"tiles\">{}</div>", tiles.concat())
}

/// What is odd about the data, where it cannot be overlooked.
fn notes(report: &Report) -> String {
    let reason = report.gap_closed_reason.as_ref().map(|reason| format!("No share of the gap is given: {reason}."));
    let notes = reason.iter().chain(&report.notes);
    let items: String = notes.map(|note| format!("<li>{}</li>", Escaped(note))).collect();
    if items.is_empty() { items } else { format!("<ul class=\"notes\">{items}</ul>") }
}
