//! `tidecast demo`: the main job on real data, in one process: load, fit, forecast, show, and go on as if live.

mod antennas;
mod autoscale;
mod once;
mod recording;

use super::format::{Format, print};
use super::progress;
use super::run::describe;
use super::serve::ListenFlags;
use crate::config::StoreConfig;
use crate::exit::UsageError;
use crate::runtime::clock::ReplayClock;
use crate::runtime::forecasting::{ForecastJob, Forecasting};
use crate::runtime::host::{Host, count};
use crate::runtime::listen;
use crate::runtime::live::{Mode, Phase, Replay as ReplayStatus};
use crate::runtime::recording::Recording;
use crate::runtime::replay::Replay;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::Selector;
use tokio::sync::mpsc;

const EXAMPLES: &str = "Examples:
  tidecast demo                         ten real meters, an hour of data a second, on http://127.0.0.1:8080
  tidecast demo --speed 6h              faster
  tidecast demo --reset                 from the beginning
  tidecast demo antennas                a network of antennas, analysed and forecast live
  tidecast demo antennas --redis redis://127.0.0.1:6379    the same through a real Redis
  tidecast demo autoscale               replicas for a real service, by forecasts and by the HPA, over 8 days
  tidecast demo autoscale --input rps.csv.gz    the same for demand of your own
  tidecast demo --once                  print the first forecasts and exit
  tidecast demo --once --format json    the same for programs";

/// Data time per second of the meters, where nothing else is asked for.
const SPEED: DurationMs = DurationMs::HOUR;

/// Show the main job on real data: ten meters, past and forecast, live on the console
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which system to show
    #[arg(value_enum, default_value_t)]
    system: System,

    /// Redis that carries the messages of the antennas
    #[arg(long, value_name = "URL", env = "TIDECAST_REDIS", hide_env_values = true)]
    redis: Option<String>,

    /// Demand to scale for in place of the bundled one: CSV with a time and a value in each row, or that compressed by gzip
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Data time per second [default: 1h of the meters; what shows all of autoscale in 4 minutes]
    #[arg(long, value_name = "DURATION")]
    speed: Option<DurationMs>,

    /// Print the first forecasts of the meters and exit
    #[arg(long)]
    once: bool,

    /// Output format of --once
    #[arg(long, value_enum, default_value_t, requires = "once")]
    format: Format,

    /// Forget what an earlier demo stored
    #[arg(long)]
    reset: bool,

    /// Store on this machine, embedded:DIR [default: embedded:./tidecast-demo, with -antennas or -autoscale for these]
    #[arg(long, value_name = "STORE", value_parser = super::target::parse_store)]
    store: Option<StoreConfig>,

    #[command(flatten)]
    listen: ListenFlags,

    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
}

/// Which system is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum System {
    /// Ten real meters, forecast a day ahead
    #[default]
    SmartMeters,
    /// Antennas of a network, analysed in windows
    Antennas,
    /// Replicas of a real service, by forecasts and by the HPA
    Autoscale,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    if args.speed.is_some_and(|speed| speed.0 <= 0) {
        return Err(UsageError("--speed must be longer than 0ms, for example 1h".to_owned()).into());
    }
    let directory = match &args.store {
        Some(StoreConfig::Embedded(directory)) => directory.clone(),
        None => PathBuf::from(match args.system {
            System::SmartMeters => "tidecast-demo",
            System::Antennas => "tidecast-demo-antennas",
            System::Autoscale => "tidecast-demo-autoscale",
        }),
    };
    let directory = directory.as_path();
    check(&args)?;
    if args.reset {
        reset(directory)?;
    }
    match args.system {
        System::Antennas => antennas::run(&args, directory).await,
        System::Autoscale => autoscale::run(&args, directory).await,
        System::SmartMeters if args.once => once::run(directory, args.format).await,
        System::SmartMeters => live(&args, directory).await,
    }
}

/// Refuses flags of another system than the one that is shown.
fn check(args: &Args) -> Result<(), UsageError> {
    let wrong = if args.once && args.system != System::SmartMeters {
        "--once prints forecasts of the meters; leave it out for antennas and autoscale"
    } else if args.redis.is_some() && args.system != System::Antennas {
        "--redis carries messages of antennas: tidecast demo antennas --redis URL"
    } else if args.input.is_some() && args.system != System::Autoscale {
        "--input is demand to scale for: tidecast demo autoscale --input FILE"
    } else {
        return Ok(());
    };
    Err(UsageError(wrong.to_owned()))
}

/// The one standing forecast of the demo: the next day of every meter, made anew with every hour of data.
fn job() -> ForecastJob {
    ForecastJob {
        name: "next_day".to_owned(),
        selector: Selector::all(),
        horizon: DurationMs::DAY,
        every: DurationMs::HOUR,
        model: tidecast_forecast::select::AUTO.to_owned(),
        levels: vec![0.1, 0.5, 0.9],
        refit: DurationMs(7 * DurationMs::DAY.0),
        season: None,
        // The buildings are in Cambridge.
        holidays: "GB".parse().ok(),
        covariates: Vec::new(),
        known_ahead: Arc::default(),
    }
}

async fn live(args: &Args, directory: &Path) -> anyhow::Result<()> {
    let recording = recording::load().await?;
    let clock = ReplayClock::default();
    clock.set(position(&recording, None));
    let host = Host::start(Mode::Demo, directory, None, &args.listen.server(), Arc::new(clock.clone())).await?;
    let url = format!("http://{}/", host.address);
    print(&format!("Console: {url}  (Ctrl-C stops, the same command goes on from there)\n"))?;
    if !args.no_open && std::io::stdout().is_terminal() {
        open_browser(&url);
    }
    let live = host.live.clone();
    let ended = listen::ended(host.shutdown.clone());
    tokio::select! {
        result = replay(args, &host, &clock, &recording) => if let Err(error) = result {
            live.update_status(|status| {
                status.phase = Phase::Failed;
                status.message = format!("{error:#}");
            });
            return Err(error);
        },
        () = ended => {}
    }
    host.ended().await?;
    print("Stopped. Everything shown is kept; `tidecast demo` goes on from there.\n")?;
    Ok(())
}

/// Loads, fits, forecasts and replays; at the end of the data it stays, for the console.
async fn replay(args: &Args, host: &Host, clock: &ReplayClock, recording: &Recording) -> anyhow::Result<()> {
    let (store, speed) = (host.port(), args.speed.unwrap_or(SPEED));
    let replay = Replay { recording, store: &*store, clock, live: &host.live, speed };
    let stored = Replay::position(&*store).await?;
    let position_ms = position(recording, stored);
    clock.set(position_ms);
    announce(host, recording, speed);
    if is_incomplete(recording, stored) {
        load(&replay).await?;
    }
    count(&*store, &host.live).await?;
    let mut forecasting = Forecasting::new(job(), host.port(), Arc::clone(&host.registry), host.live.clone())?;
    forecasting.resume().await?;
    host.live.update_status(|status| {
        status.phase = Phase::Fitting;
        status.message = "Fitting models to each meter".to_owned();
    });
    forecasting.fit_first().await?;
    let forecasts = forecasting.refresh().await?;
    print(&format!("{} meters forecast; the last 14 days now arrive, {speed} a second\n", forecasts.len()))?;
    host.live.update_status(|status| {
        status.phase = Phase::Live;
        status.message = format!("The last 14 days arrive as if they were live, {speed} a second");
    });
    let (ticks, receiver) = mpsc::channel(1);
    tokio::spawn(forecasting.run(receiver));
    replay.run(position_ms, &ticks).await?;
    let end = "The recorded data end here. Start again with `tidecast demo --reset`";
    print(&format!("{end}\n"))?;
    host.live.update_status(|status| {
        status.phase = Phase::Ended;
        status.message = end.to_owned();
    });
    // The forecast job goes on, so that challengers still in training can take over.
    ticks.closed().await;
    Ok(())
}

/// Where the replay begins, or goes on: never before the held-back part.
fn position(recording: &Recording, stored: Option<i64>) -> i64 {
    stored.unwrap_or(i64::MIN).max(recording.held_back_from_ms - 1)
}

/// Whether an earlier process was stopped before everything ahead of the held-back part was stored.
fn is_incomplete(recording: &Recording, stored: Option<i64>) -> bool {
    stored.is_none_or(|stored| stored < recording.held_back_from_ms - 1)
}

fn announce(host: &Host, recording: &Recording, speed: DurationMs) {
    host.live.update_status(|status| {
        status.phase = Phase::Loading;
        status.message = "Loading 17 months of ten meters".to_owned();
        status.replay = Some(ReplayStatus {
            from_ms: recording.held_back_from_ms,
            to_ms: recording.last_ms,
            speed: speed.0 as f64 / 1_000.0,
        });
        status.forecasts = vec![describe(&job())];
    });
}

/// Stores what is not held back, with a progress bar.
async fn load(replay: &Replay<'_>) -> anyhow::Result<()> {
    let total = replay.recording.columns().values().map(|points| points.values.len() as u64).sum();
    let bar = progress::bar("ingest", total);
    replay
        .load_history(|stored| {
            bar.set_position(stored);
            replay.live.show_progress("ingest", stored, Some(total));
        })
        .await?;
    bar.finish_and_clear();
    Ok(())
}

/// Deletes the demo's store, and nothing that is not one.
fn reset(directory: &Path) -> anyhow::Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    if !super::target::is_store(directory) {
        let message = format!("{} is no tidecast store; --reset deletes nothing else", directory.display());
        return Err(UsageError(message).into());
    }
    // Opening it proves that no other process is using it.
    drop(super::target::open_embedded(directory)?);
    Ok(std::fs::remove_dir_all(directory)?)
}

/// Asks the desktop, if there is one; a failure is none, since the address is printed.
fn open_browser(url: &str) {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if desktop || cfg!(target_os = "macos") {
        let quiet = || std::process::Stdio::null();
        let _no_browser = std::process::Command::new(program).arg(url).stdout(quiet()).stderr(quiet()).spawn();
    }
}
