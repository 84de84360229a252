//! Statistical models on many series, beside statsforecast in the same run: series fitted and forecast in a CPU second
//! of one thread, and the accuracy of those forecasts.
//!
//! Protocol: the hourly series of the M4 competition, 48 steps ahead, with a season of 24 (MSTL: 24 and 168), against
//! the competition's test part; and eight load traces of one value a minute, a day ahead from at most 14 days, the last
//! day being the test. MASE is scaled by the difference of a day in the known part. Everything was chosen on what lies
//! before the tests. The data are not the project's to give away: `TIDECAST_SHARED_DATA` names a folder with
//! `m4/Hourly-{train,test}.csv.gz` and `demand/*.csv.gz`. The peer is `bench/peers/statsforecast_run.py`, run by the
//! Python named in `TIDECAST_PEERS_PYTHON`.

use crate::peer;
use crate::report::{Better, Figure, Report};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::Past;
use tidecast_forecast::models::{self, Control, FitSettings};

const DATA: &str = "TIDECAST_SHARED_DATA";
const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: usize = 1_440;
const DAYS_KNOWN: usize = 14;
/// Models with the series that statsforecast fits in a CPU second, measured once: the bar where it is not at hand.
const HOURLY: [(&str, f64); 3] = [("ets", 3.0), ("theta", 20.2), ("mstl", 7.6)];
/// How many times faster than the peer is the bar, on hours; and series in a CPU second, on minutes.
const TIMES: f64 = 20.0;
const MINUTES_BAR: f64 = 100.0;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let Some(data) = std::env::var_os(DATA).map(PathBuf::from) else {
        eprintln!(
            "nothing is measured: {DATA} names no folder with m4/Hourly-{{train,test}}.csv.gz and demand/*.csv.gz"
        );
        return Ok(());
    };
    let (train, test) = (data.join("m4/Hourly-train.csv.gz"), data.join("m4/Hourly-test.csv.gz"));
    let tasks: Vec<Task> = rows(&train)?
        .into_iter()
        .zip(rows(&test)?)
        .map(|(known, actual)| Task { known, actual, step_ms: HOUR_MS, season: 24 })
        .collect();
    let peers = statsforecast(&["hourly".as_ref(), train.as_path(), test.as_path()])?;
    for (name, usual) in HOURLY {
        let theirs = peers.iter().find(|peer| peer.model == name);
        let bar = TIMES * theirs.map_or(usual, |peer| peer.series_per_cpu_s);
        measure(report, &format!("{name}, {} hourly series", tasks.len()), name, &tasks, bar, theirs)?;
    }
    let files = files(&data.join("demand"))?;
    let tasks: Vec<Task> = files.iter().map(|path| minutes(path)).collect::<anyhow::Result<_>>()?;
    let mut arguments: Vec<&Path> = vec!["minutes".as_ref()];
    arguments.extend(files.iter().map(PathBuf::as_path));
    let peers = statsforecast(&arguments)?;
    measure(report, &format!("mstl, {} traces of minutes", tasks.len()), "mstl", &tasks, MINUTES_BAR, peers.first())
}

/// What is known of a series and what came after.
struct Task {
    known: Vec<f64>,
    actual: Vec<f64>,
    step_ms: i64,
    /// Steps in a day.
    season: usize,
}

/// Figures of statsforecast for one model.
struct Peer {
    model: String,
    series_per_cpu_s: f64,
    mase: f64,
}

fn measure(
    report: &mut Report,
    what: &str,
    model: &str,
    tasks: &[Task],
    bar: f64,
    peer: Option<&Peer>,
) -> anyhow::Result<()> {
    let (series_per_cpu_s, mase) = ours(model, tasks)?;
    let theirs = |value: fn(&Peer) -> f64| peer.map(|peer| ("statsforecast".to_owned(), value(peer)));
    report.add(Figure {
        what: format!("{what}: fit and forecast"),
        ours: series_per_cpu_s,
        unit: "series/CPU-s",
        bar: Some(bar),
        peer: theirs(|peer| peer.series_per_cpu_s),
        better: Better::Higher,
    });
    report.add(Figure {
        what: format!("{what}: MASE"),
        ours: mase,
        unit: "",
        bar: peer.map(|peer| peer.mase),
        peer: theirs(|peer| peer.mase),
        better: Better::Lower,
    });
    Ok(())
}

/// Series per second of this thread, and MASE. One series at a time, so that no other thread takes part.
fn ours(model: &str, tasks: &[Task]) -> anyhow::Result<(f64, f64)> {
    let model = models::by_name(model)?;
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    let mut mase = 0.0;
    let start_s = thread_s()?;
    for Task { known, actual, step_ms, season } in tasks {
        let settings = FitSettings { horizon: actual.len(), season: Some(*season), ..FitSettings::default() };
        let series = RegularSeries { start_ms: 0, step_ms: *step_ms, values: known.clone() };
        let fit = model.fit(&[series], &settings, &control).pop().context("the model gave no fit")??;
        let past = Past { values: known, next_step: i64::try_from(known.len())?, step_ms: *step_ms };
        let forecast = fit.fitted.point(past, actual.len());
        let scale = accuracy::mase_scale(known, *season).context("a series does not change from day to day")?;
        let error: f64 = forecast.iter().zip(actual).map(|(forecast, actual)| (forecast - actual).abs()).sum();
        mase += error / actual.len() as f64 / scale / tasks.len() as f64;
    }
    Ok((tasks.len() as f64 / (thread_s()? - start_s), mase))
}

/// Seconds that this thread has run.
pub(super) fn thread_s() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("CPU time is read from Linux's /proc")?;
    let running_ns: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(running_ns / 1e9)
}

/// What the peer says; nothing where no Python for it was named.
fn statsforecast(arguments: &[&Path]) -> anyhow::Result<Vec<Peer>> {
    let line = |answer: &serde_json::Value| -> anyhow::Result<Peer> {
        let number = |name: &str| answer[name].as_f64().with_context(|| format!("the peer gave no {name}"));
        Ok(Peer {
            model: answer["model"].as_str().unwrap_or_default().to_owned(),
            series_per_cpu_s: number("series")? / number("cpu_s")?,
            mase: number("mase")?,
        })
    };
    peer::run("statsforecast_run.py", "statsforecast", arguments)?.iter().map(line).collect()
}

/// The rows of a file of the competition: a name, then values until the series ends.
fn rows(path: &Path) -> anyhow::Result<Vec<Vec<f64>>> {
    let row = |line: &str| -> Vec<f64> {
        line.split(',').skip(1).map_while(|cell| cell.trim_matches('"').parse().ok()).collect()
    };
    Ok(text(path)?.lines().skip(1).map(row).collect())
}

/// A trace of one value a minute: the last day, and what was known before it.
fn minutes(path: &Path) -> anyhow::Result<Task> {
    let text = text(path)?;
    let cells = text.lines().skip(1).filter_map(|line| line.split(',').nth(1));
    let values: Vec<f64> = cells.map(str::parse).collect::<Result<_, _>>()?;
    ensure!(values.len() > 3 * DAY_MINUTES, "{} has fewer than three days", path.display());
    let (known, actual) = values.split_at(values.len() - DAY_MINUTES);
    let known = known[known.len().saturating_sub(DAYS_KNOWN * DAY_MINUTES)..].to_vec();
    Ok(Task { known, actual: actual.to_vec(), step_ms: MINUTE_MS, season: DAY_MINUTES })
}

/// The compressed files of a folder, by name.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<PathBuf>>>()?;
    let mut files: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "gz")).collect();
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    Ok(std::io::read_to_string(flate2::read::GzDecoder::new(file))?)
}
