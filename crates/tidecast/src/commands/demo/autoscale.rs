//! `tidecast demo autoscale`: recorded demand of a real service is scaled by our policy and by the HPA, and what happened is
//! shown as if it happened now.

use super::super::autoscale::demand::read_file;
use super::super::autoscale::lines::text;
use super::super::format::print;
use super::super::progress;
use super::Args;
use crate::exit::InputError;
use crate::runtime::clock::{ReplayClock, SystemClock};
use crate::runtime::host::Host;
use crate::runtime::listen;
use crate::runtime::live::{Live, Mode, Phase, Replay as ReplayStatus};
use crate::runtime::rehearsal::{Playback, Rehearsal};
use anyhow::Context as _;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidecast_autoscale::simulation::report::Replay;
use tidecast_autoscale::simulation::{ReplaySettings, replay};
use tidecast_autoscale::trace::{Trace, read_csv};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::Clock as _;
use tokio::sync::oneshot;

/// Demand of a production service, a value a minute for 16 days (`data/`, Apache-2.0).
const DEMAND: &[u8] = include_bytes!("../../../../../data/demand_crane_8.csv.gz");
const NAME: &str = "crane_8";
/// How long it takes to show everything, where no speed is asked for.
const SHOWN_WITHIN_S: f64 = 240.0;
/// How often the console is told what time it is.
const TICK: Duration = Duration::from_secs(1);

/// Recorded demand with a name.
struct Recording {
    name: String,
    trace: Trace,
}

pub(super) async fn run(args: &Args, directory: &Path) -> anyhow::Result<()> {
    let recording = load(args.input.as_deref())?;
    let clock = ReplayClock::default();
    clock.set(recording.trace.start_ms);
    let host = Host::start(Mode::Demo, directory, None, &args.listen.server(), Arc::new(clock.clone())).await?;
    let url = format!("http://{}/ui/#/autoscaling", host.address);
    print(&format!("Console: {url}  (Ctrl-C stops, the same command begins anew)\n"))?;
    if !args.no_open && std::io::stdout().is_terminal() {
        super::open_browser(&url);
    }
    let live = host.live.clone();
    let ended = listen::ended(host.shutdown.clone());
    tokio::select! {
        result = show(&host, &clock, recording, args.speed) => if let Err(error) = result {
            live.update_status(|status| {
                status.phase = Phase::Failed;
                status.progress = None;
                status.message = format!("{error:#}");
            });
            return Err(error);
        },
        () = ended => {}
    }
    host.ended().await?;
    Ok(print("Stopped.\n")?)
}

/// The demand in a file, or the bundled one.
fn load(input: Option<&Path>) -> anyhow::Result<Recording> {
    let Some(path) = input else {
        let trace = read_csv(text(DEMAND)?).context("the bundled demand cannot be read")?;
        return Ok(Recording { name: NAME.to_owned(), trace });
    };
    let trace = read_file(path)?;
    let file_name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let name = file_name.split('.').find(|part| !part.is_empty()).unwrap_or(&file_name);
    Ok(Recording { name: name.to_owned(), trace })
}

/// Computes the replay, then shows it; at the end of the data it stays, for the console.
async fn show(host: &Host, clock: &ReplayClock, recording: Recording, speed: Option<DurationMs>) -> anyhow::Result<()> {
    let name = recording.name.clone();
    let replay = prepare(host, recording).await?;
    let mut playback = Playback { workload: name, replay, started_ms: SystemClock.now_ms(), speed: 1.0 };
    let shown_ms = playback.to_ms() - playback.from_ms();
    playback.speed = speed.map_or(shown_ms as f64 / SHOWN_WITHIN_S / 1_000.0, |speed| speed.0 as f64 / 1_000.0);
    let playback = Arc::new(playback);
    host.rehearsal.play(Arc::clone(&playback));
    let pace = DurationMs(((playback.speed / 60.0).round() * 60_000.0).max(1_000.0) as i64);
    let message = format!("{} of demand pass, {pace} a second", days(shown_ms));
    print(&format!("{message}\n"))?;
    clock.set(playback.from_ms());
    host.live.update_status(|status| {
        status.phase = Phase::Live;
        status.progress = None;
        status.message = message;
        status.replay =
            Some(ReplayStatus { from_ms: playback.from_ms(), to_ms: playback.to_ms(), speed: playback.speed });
    });
    while playback.now_ms(SystemClock.now_ms()) < playback.to_ms() {
        tokio::time::sleep(TICK).await;
        clock.set(playback.now_ms(SystemClock.now_ms()));
        host.live.update_status(|_| {});
    }
    let end = "The replay ends here. Start it again with `tidecast demo autoscale`";
    print(&format!("{end}\n"))?;
    host.live.update_status(|status| {
        status.phase = Phase::Ended;
        status.message = end.to_owned();
    });
    std::future::pending().await
}

/// Computes the replay on a thread of its own, which a process that ends does not wait for.
async fn prepare(host: &Host, recording: Recording) -> anyhow::Result<Replay> {
    let Recording { name, trace } = recording;
    let message = format!("Replaying {} of demand, scaled by the HPA and by forecasts", days(trace.duration().0));
    host.rehearsal.prepare(&name, 0.0);
    host.live.update_status(|status| {
        status.phase = Phase::Loading;
        status.message = message;
        status.autoscaling = Some(name.clone());
    });
    let bar = progress::bar("replay", 100);
    let (live, rehearsal, shown) = (host.live.clone(), host.rehearsal.clone(), bar.clone());
    let (workload, (sender, receiver)) = (name.clone(), oneshot::channel());
    std::thread::Builder::new().name("replay".to_owned()).spawn(move || {
        let mut percent = 0;
        let mut told = |share: f64| {
            let reached = (share.clamp(0.0, 1.0) * 100.0) as u64;
            if reached > percent {
                percent = reached;
                shown.set_position(percent);
                tell(&rehearsal, &live, &workload, percent);
            }
        };
        let settings = ReplaySettings { name, ..ReplaySettings::default() };
        let replay = replay(&trace, &settings, &mut told);
        let _nobody_waits = sender.send(replay);
    })?;
    let replay = receiver.await.context("the replay broke off")?;
    bar.finish_and_clear();
    Ok(replay.map_err(|error| InputError(error.to_string()))?)
}

fn tell(rehearsal: &Rehearsal, live: &Live, workload: &str, percent: u64) {
    rehearsal.prepare(workload, percent as f64 / 100.0);
    live.show_progress("replay", percent, Some(100));
}

/// A stretch of time for people.
fn days(span_ms: i64) -> String {
    let days = span_ms as f64 / DurationMs::DAY.0 as f64;
    if days < 2.0 { format!("{:.0} hours", days * 24.0) } else { format!("{days:.0} days") }
}
