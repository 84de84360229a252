//! `tidecast backtest`: the leaderboard on the terminal, the JSON, the HTML report.

use crate::process::{run, succeed};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Three weeks of hours: a daily wave, one series of which has a name that looks like markup.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = String::from("time,meter_1,meter_2,meter_3,<b>&co\n");
    for hour in 0..21 * 24_u32 {
        let wave = |phase: u32| 10.0 + f64::from((hour + phase) % 24) + f64::from(hour * 7_919 % 13) / 5.0;
        let (day, of_day) = (1 + hour / 24, hour % 24);
        writeln!(csv, "2024-01-{day:02} {of_day:02}:00,{},{},{},{}", wave(0), wave(5), wave(9), wave(13)).unwrap();
    }
    fs::write(folder.path().join("meters.csv"), csv).unwrap();
    folder
}

const PLAN: [&str; 7] = ["backtest", "--input", "meters.csv", "--horizon", "1d", "--origins", "4"];

fn backtest(folder: &Path, more: &[&str]) -> String {
    succeed(folder, &[&PLAN, more].concat())
}

#[test]
fn the_leaderboard_ranks_every_contestant_on_the_same_origins() {
    let folder = folder();
    let models = ["--models", "seasonal_naive,ridge"];
    let json: Value =
        serde_json::from_str(&backtest(folder.path(), &[&models[..], &["--format", "json"]].concat())).unwrap();
    let board = json["leaderboard"].as_array().unwrap();
    let names: Vec<&str> = board.iter().map(|one| one["model"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(["auto", "ridge", "seasonal_naive"].iter().all(|name| names.contains(name)), "{names:?}");
    let errors: Vec<f64> = board.iter().map(|one| one["mase"].as_f64().unwrap()).collect();
    assert!(errors.is_sorted(), "{errors:?}");
    for one in board {
        for measure in ["mae", "smape", "coverage", "pinball", "wall_s", "mase_median", "rank", "best_on"] {
            assert!(one[measure].is_number(), "{measure}: {one}");
        }
        assert_eq!(one["mase_by_step"].as_array().unwrap().len(), 24);
        assert_eq!(one["coverage_by_step"].as_array().unwrap().len(), 24);
    }
    // The mean over the steps is the mean over all.
    let by_step = board[0]["mase_by_step"].as_array().unwrap().iter().map(|step| step.as_f64().unwrap()).sum::<f64>();
    assert!((by_step / 24.0 - errors[0]).abs() < 1e-9);
    assert_eq!((&json["series_compared"], &json["model"]), (&4.into(), &"auto".into()));
    assert_eq!(json["series"][0]["contestants"].as_object().unwrap().len(), 3);
    assert_eq!(json["exhibits"].as_array().unwrap().len(), 4);
    assert_eq!(json["origins_ms"][1].as_i64().unwrap() - json["origins_ms"][0].as_i64().unwrap(), 3 * 86_400_000);

    let table = backtest(folder.path(), &models);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("rank  model"), "{table}");
    // Figures end where their titles end.
    let end = |line: &str, title: &str| line.find(title).map(|at| at + title.len());
    let mase = end(lines[0], "MASE").unwrap();
    for line in &lines[1..4] {
        assert!(line[..mase].trim_end().ends_with(|last: char| last.is_ascii_digit()), "{table}");
        assert_eq!(&line[mase..=mase], " ", "{table}");
    }
    let csv = backtest(folder.path(), &[&models[..], &["--format", "csv"]].concat());
    assert_eq!(csv.lines().count(), 1 + 4 * 3, "{csv}");
}

#[test]
fn one_model_needs_no_leaderboard() {
    let folder = folder();
    for model in ["auto", "ridge"] {
        let models = if model == "auto" { "seasonal_naive" } else { model };
        let table = backtest(folder.path(), &["--model", models]);
        assert!(table.starts_with("series"), "{table}");
    }
    let output = run(folder.path(), &[&PLAN[..], &["--models", "ridge,oracle"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`oracle` is not a model"));
}

#[test]
fn the_report_is_one_page_that_needs_nothing() {
    let folder = folder();
    let arguments = ["--models", "seasonal_naive,ridge", "--report", "report.html"];
    backtest(folder.path(), &arguments);
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    // Best, median and worst series, and the one left to choose; error and coverage by time ahead.
    assert_eq!((html.matches("<svg ").count(), html.matches("</svg>").count()), (6, 6));
    assert_eq!(html.matches("<option ").count(), 1);
    for text in
        ["Leaderboard", "Forecast and actual", "Error by time ahead", "Coverage by time ahead", "How it was measured"]
    {
        assert!(html.contains(text), "{text}");
    }
    assert!(html.contains("&lt;b&gt;&amp;co") && !html.contains("<b>&co"), "names are escaped");
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "the page must load nothing: {outside}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("@media print"));
    assert!(!html.contains("NaN"));
    check_tags(&html);
    let rows = html.matches("<tr>").count();
    assert_eq!(rows, 2 + 3 + 4, "two heads, three contestants, four series");

    let output = run(folder.path(), &[&PLAN[..], &["--model", "ridge", "--report", "no/such/folder.html"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--report"));
}

/// Every element that is opened is closed, in order.
fn check_tags(html: &str) {
    const VOID: [&str; 3] = ["meta", "!doctype", "path"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "near {}", &after[..after.len().min(80)]);
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        rest = after;
        if let Some(raw) = ["style", "script"].into_iter().find(|raw| *raw == name && !tag.starts_with('/')) {
            rest = &rest[rest.find(&format!("</{raw}>")).unwrap()..];
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}
