//! A backtest on the terminal: the leaderboard, every series, the plan.

use crate::commands::format::csv_cell;
use crate::commands::table::Table;
use crate::report::Report;
use std::fmt::Write;

/// For people.
pub(super) fn table(report: &Report) -> String {
    let mut text = String::new();
    if report.leaderboard.len() > 1 {
        let _infallible = writeln!(text, "{}", leaderboard(report));
    }
    let _infallible = writeln!(text, "{}", series(report));
    let Report { origins, horizon, stride, season, wall_s, .. } = report;
    let refit = report.refit_every.map_or_else(|| "once".to_owned(), |every| format!("every {every} origins"));
    let _infallible = writeln!(
        text,
        "{origins} origins every {stride} steps, {horizon} steps ahead, season {season}, fitted {refit}; {wall_s:.2} s"
    );
    text
}

fn leaderboard(report: &Report) -> Table {
    let header = ["rank", "model", "MASE", "median", "MAE", "sMAPE %", "coverage", "pinball", "best on", "wall s"];
    let mut table = Table::new(&header);
    for one in &report.leaderboard {
        table.row(vec![
            one.rank.to_string(),
            one.model.clone(),
            number(one.measures.mase),
            number(one.mase_median),
            figure(one.measures.mae),
            one.measures.smape.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}")),
            number(one.measures.coverage),
            number(one.measures.pinball),
            one.best_on.to_string(),
            format!("{:.2}", one.wall_s),
        ]);
    }
    table
}

fn series(report: &Report) -> Table {
    let mut table = Table::new(&["series", "model", "MASE", "seasonal naive", "coverage", "note"]);
    for one in &report.series {
        table.row(vec![
            one.series.to_string(),
            one.model.clone().unwrap_or_else(|| "-".to_owned()),
            number(one.measures.mase),
            number(one.mase_seasonal_naive),
            number(one.measures.coverage),
            one.note.clone().unwrap_or_default(),
        ]);
    }
    table.row(vec![
        "mean".to_owned(),
        report.model.clone(),
        number(report.mase),
        number(report.mase_seasonal_naive),
        number(report.coverage),
        String::new(),
    ]);
    table
}

/// For spreadsheets: one line per series and contestant.
pub(super) fn csv(report: &Report) -> String {
    let mut text = String::from("series,contestant,model,mase,mase_seasonal_naive,mae,smape,coverage,pinball\n");
    for row in &report.series {
        for (contestant, measures) in &row.contestants {
            let cells = [
                csv_cell(&row.series.to_string()),
                contestant.clone(),
                if *contestant == report.model { row.model.clone().unwrap_or_default() } else { contestant.clone() },
            ];
            let figures = [
                measures.mase,
                row.mase_seasonal_naive,
                measures.mae,
                measures.smape,
                measures.coverage,
                measures.pinball,
            ];
            let figures = figures.map(|value| value.map_or_else(String::new, |value| value.to_string())).join(",");
            let _infallible = writeln!(text, "{},{figures}", cells.join(","));
        }
    }
    text
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

/// Four digits of a value in the unit of the series.
fn figure(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let digits = if value >= 1_000.0 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 0.1 {
        3
    } else {
        6
    };
    format!("{value:.digits$}")
}
