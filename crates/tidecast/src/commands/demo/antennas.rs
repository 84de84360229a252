//! `tidecast demo antennas`: simulated antennas, a bus, analytics in windows, forecasts and the console, in one process.
//!
//! The antennas first say what they would have said in the last hours, so that there is a past to look at and to forecast
//! from; then they go on live. The bus is a queue in this process, or a real Redis.

use super::super::format::print;
use super::super::run;
use super::Args;
use crate::config::{Config, ProcessEnvironment};
use crate::exit::UsageError;
use crate::runtime::clock::SystemClock;
use crate::runtime::host::Host;
use crate::runtime::live::{Live, Mode, Phase, SourceState};
use crate::runtime::stream::{PushSources, Role};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::redis::{RedisAddress, RedisStreamSink};
use tidecast_connect::synthetic::{AntennaMessage, AntennaOptions, AntennaStream, Fault};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{Clock, SeriesStore};
use tidecast_core::series::Selector;

const ANTENNAS: usize = 20;
const INTERVAL_MS: f64 = 5_000.0;
/// What the antennas say about the time before the start: as long as it takes to see a rhythm, and, in a Redis stream that keeps about
/// 10,000 messages, as much as it holds.
const PAST_MS: i64 = 3 * DurationMs::HOUR.0;
const PAST_IN_REDIS_MS: i64 = 30 * DurationMs::MINUTE.0;
/// A stream of the demo's own: real antennas may use the usual one of the same Redis.
const STREAM: &str = "tidecast_demo_antennas";
const STREAM_KEEPS: u64 = 10_000;
const AT_ONCE: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(100);
/// For what waits in the bus to become windows.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIGURATION: &str = include_str!("antennas.yaml");

/// What carries messages from the antennas to the analytics.
enum Bus {
    /// A queue in this process.
    Embedded(PushSources),
    /// A Redis stream.
    Redis(Box<RedisStreamSink>),
}

pub(super) async fn run(args: &Args, directory: &Path) -> anyhow::Result<()> {
    let redis = args.redis.as_deref();
    let config = configuration(redis)?;
    let host = Host::start(Mode::Demo, directory, None, &args.listen.server(), Arc::new(SystemClock)).await?;
    let url = format!("http://{}/", host.address);
    print(&format!("Console: {url}ui/#/network  (Ctrl-C stops, the same command goes on)\n"))?;
    if !args.no_open && std::io::stdout().is_terminal() {
        super::open_browser(&format!("{url}ui/#/network"));
    }
    let now_ms = SystemClock.now_ms();
    let heard_to_ms = newest_ms(&*host.port()).await?.unwrap_or(i64::MIN);
    let past_ms = if redis.is_some() { PAST_IN_REDIS_MS } else { PAST_MS };
    let mut antennas = AntennaStream::new(options(), INTERVAL_MS, (now_ms - past_ms).max(heard_to_ms));
    let mut bus = match redis {
        Some(url) => {
            let address = RedisAddress::parse(url).map_err(|error| UsageError(error.to_string()))?;
            Bus::Redis(Box::new(RedisStreamSink::new(address, STREAM, Some(STREAM_KEEPS))))
        }
        None => Bus::Embedded(host.push_sources.clone()),
    };
    let live = host.live.clone();
    let past = async move {
        let told = DurationMs(past_ms);
        live.update_status(|status| status.message = format!("Antennas tell what they did in the last {told}"));
        listened_to(&live).await;
        say_until(&mut antennas, &mut bus, now_ms).await;
        analysed(&live, now_ms).await;
        tokio::spawn(speak(antennas, bus));
        print("The antennas are live now, a message each every 5 s\n")?;
        Ok(())
    };
    run::carry_out(host, config, Role::All, past).await?;
    print("Stopped. Everything shown is kept.\n")?;
    Ok(())
}

fn configuration(redis: Option<&str>) -> anyhow::Result<Config> {
    let source = match redis {
        // A store that is new, or was reset, knows no position: what the stream holds of an earlier demo is not for it.
        Some(url) => {
            let url = url.replace('\'', "''");
            format!("{{type: redis_stream, url: '{url}', stream: {STREAM}, start: $}}")
        }
        None => "{type: push}".to_owned(),
    };
    let text = CONFIGURATION.replace("ANTENNAS", &source);
    Ok(Config::parse("the demo's configuration", &text, &ProcessEnvironment, &super::super::check::model_names())?)
}

fn options() -> AntennaOptions {
    AntennaOptions {
        count: ANTENNAS,
        faults: ["degraded", "outage"].iter().filter_map(|fault| fault.parse::<Fault>().ok()).collect(),
        rhythm: Some(DurationMs::HOUR),
        seed: 1,
        ..AntennaOptions::default()
    }
}

/// When the newest window of an earlier run ended.
async fn newest_ms(store: &dyn SeriesStore) -> anyhow::Result<Option<i64>> {
    let messages: Selector = "network_messages".parse()?;
    let newest = store.latest(&messages).await?;
    Ok(newest.iter().map(|(_, sample)| sample.timestamp_ms).max())
}

/// Waits until the source knows where in the stream it begins: what is said before is not for it.
async fn listened_to(live: &Live) {
    while !live.status().sources.iter().all(|source| source.state == SourceState::Reading) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Says everything that is due until a time, as fast as it is taken.
async fn say_until(antennas: &mut AntennaStream, bus: &mut Bus, until_ms: i64) {
    while antennas.next_ms() <= until_ms {
        let messages = antennas.take_due(until_ms, AT_ONCE);
        if !messages.is_empty() {
            bus.carry(&messages).await;
        }
    }
}

/// Goes on for ever as antennas do. Messages that nobody took for a second are left out.
async fn speak(mut antennas: AntennaStream, mut bus: Bus) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let now_ms = SystemClock.now_ms();
        antennas.skip_to(now_ms - 1_000);
        say_until(&mut antennas, &mut bus, now_ms).await;
    }
}

/// Waits until what was said is in windows that are closed.
async fn analysed(live: &Live, until_ms: i64) {
    let is_there = || live.analytics().iter().any(|view| view.end_ms > until_ms - 30_000);
    let wait = async {
        while !is_there() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    if tokio::time::timeout(PATIENCE, wait).await.is_err() {
        live.update_status(|status| {
            status.phase = Phase::Live;
            status.message = "No message has arrived yet; see the source".to_owned();
        });
    }
}

impl Bus {
    /// Delivers messages, however long that takes.
    async fn carry(&mut self, messages: &[AntennaMessage<'_>]) {
        let fields: Vec<Vec<(String, String)>> = messages.iter().map(AntennaMessage::fields).collect();
        match self {
            Self::Embedded(sources) => loop {
                if let Some(sender) = sources.get("antennas") {
                    let bytes = fields.iter().map(|message| {
                        message.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect::<Vec<_>>()
                    });
                    if sender.send(sender.decode_fields(bytes)).await.is_ok() {
                        return;
                    }
                }
                // Its pipeline is being opened.
                tokio::time::sleep(PAUSE).await;
            },
            Self::Redis(sink) => {
                let mut unsent = fields;
                while let Err(error) = sink.send(&mut unsent).await {
                    tracing::warn!("{error}; trying again");
                    tokio::time::sleep(10 * PAUSE).await;
                }
            }
        }
    }
}
