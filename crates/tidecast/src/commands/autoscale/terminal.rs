//! Replays and explanations on the terminal: tables, and what they mean in sentences.

use crate::commands::instant;
use crate::commands::table::Table;
use crate::report::scaling::verdict;
use std::fmt::Write;
use tidecast_autoscale::simulation::report::{Change, Explanation, Report};

/// All contenders, and what to make of them.
pub(super) fn replay(report: &Report) -> String {
    let mut text = verdict::data(&report.trace) + " " + &verdict::conditions(&report.conditions) + "\n\n";
    text += &contenders(report).to_string();
    text.push('\n');
    for sentence in verdict::comparison(report) {
        text += &(sentence + "\n");
    }
    let _infallible = write!(text, "\n{}\n", verdict::recommendation(report));
    text + &notes(&report.notes)
}

fn contenders(report: &Report) -> Table {
    let header = [
        "  contender",
        "setting",
        "replica-hours",
        "vs best HPA %",
        "violation %",
        "unserved %",
        "changes",
        "gap closed %",
    ];
    let best = verdict::best_hpa(report).map(|best| best.score.cost_replica_minutes);
    let mut table = Table::new(&header);
    for one in &report.contenders {
        let mark = if one.name == "ours" { "*" } else { " " };
        let percent =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{:+.1}", 100.0 * value));
        table.row(vec![
            format!("{mark} {}", one.label),
            one.setting.clone(),
            format!("{:.1}", one.score.cost_replica_minutes / 60.0),
            percent(best.map(|best| one.score.cost_replica_minutes / best - 1.0)),
            format!("{:.3}", 100.0 * one.score.violation_share),
            format!("{:.4}", 100.0 * one.score.unserved_share),
            one.score.scale_events.to_string(),
            one.gap_closed.map_or_else(|| "-".to_owned(), |gap| format!("{:.0}", (100.0 * gap).round() + 0.0)),
        ]);
    }
    table
}

/// Changes with their reasons. `total` is how many there were.
pub(super) fn explanation(explanation: &Explanation, total: usize, at_ms: Option<i64>) -> String {
    let mut text = verdict::data(&explanation.trace) + " " + &verdict::conditions(&explanation.conditions) + "\n\n";
    let shown = &explanation.decisions;
    if shown.is_empty() {
        let when = at_ms.map_or_else(String::new, |at_ms| format!(" up to {}", instant::format(at_ms)));
        let _infallible = writeln!(text, "Nothing was changed{when}: there were as many replicas as at the start.");
        return text + &notes(&explanation.notes);
    }
    let header = ["time", "from", "to", "rule", "reactive", "predicted", "quantile %", "reason"];
    let mut table = Table::new(&header);
    shown.iter().for_each(|change| table.row(row(change)));
    let _infallible = writeln!(text, "{table}");
    let _infallible = match (at_ms, shown.as_slice()) {
        (Some(at_ms), [change]) => {
            let (at, replicas) = (instant::format(at_ms), change.to);
            let noun = if replicas == 1 { "replica" } else { "replicas" };
            writeln!(text, "At {at} there were {replicas} {noun}, by this change.")
        }
        _ if shown.len() < total => writeln!(text, "The last {} of {total} changes.", shown.len()),
        _ => writeln!(text, "All {total} changes."),
    };
    text + &notes(&explanation.notes)
}

fn row(change: &Change) -> Vec<String> {
    vec![
        instant::format(change.time_ms),
        change.from.to_string(),
        change.to.to_string(),
        change.rule.to_owned(),
        change.reactive.to_string(),
        change.predicted.map_or_else(|| "-".to_owned(), |predicted| predicted.to_string()),
        change.quantile.map_or_else(|| "-".to_owned(), |quantile| format!("{:.2}", 100.0 * quantile)),
        change.reason.clone(),
    ]
}

fn notes(notes: &[String]) -> String {
    let lines: String = notes.iter().map(|note| format!("  {note}\n")).collect();
    if lines.is_empty() { lines } else { format!("\nNotes:\n{lines}") }
}
