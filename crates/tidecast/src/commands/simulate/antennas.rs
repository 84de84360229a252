//! `tidecast simulate antennas`: the antennas of a communication network, one a process or many in one.

use super::super::progress;
use super::output::{Output, OutputFlags};
use crate::exit::UsageError;
use crate::runtime::clock::SystemClock;
use crate::runtime::listen;
use indicatif::ProgressBar;
use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::{Duration, Instant};
use tidecast_connect::synthetic::{AntennaOptions, AntennaStream, Fault};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::Clock;

/// The most messages that are sent at once.
const AT_ONCE: usize = 1_000;

/// Messages later than this are left out: what nobody could take is not said later, as a real antenna would not.
const LATENESS_MAX_MS: i64 = 1_000;

const EXAMPLES: &str = "Faults, each given as KIND or KIND:SHARE (a share of the antennas from 0 to 1; without one it is one antenna):
  degraded   loses 40 to 80 % of its packets
  outage     is silent for one minute in every five
  drift      latency climbs to five times its usual value within an hour

Examples:
  tidecast simulate antennas                                   print what one antenna says
  tidecast simulate antennas --count 10 --rate 1000 --messages 100000 > messages.jsonl
  tidecast simulate antennas --interval 1s --to redis://redis:6379
  tidecast simulate antennas --count 20 --fault degraded:0.1 --fault outage --to http://127.0.0.1:8000

In a container the id is the name of the pod, so that every replica is an antenna. TIDECAST_TO takes the place of --to, and \
keeps a password out of the list of processes.";

/// Simulate the antennas of a communication network
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Id of the antenna, or what the ids of many begin with [default: a random one]
    #[arg(long, env = "HOSTNAME")]
    id: Option<String>,

    /// How many antennas there are: ID-0001, ID-0002, ...
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,

    /// How often each antenna speaks
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    interval: DurationMs,

    /// Messages a second over all antennas, in place of --interval
    #[arg(long, value_name = "NUMBER", conflicts_with = "interval")]
    rate: Option<f64>,

    /// Packets of a message, LOW-HIGH
    #[arg(long, value_name = "RANGE", default_value = "100-500", value_parser = parse_range::<u32>)]
    packets: RangeInclusive<u32>,

    /// Packets lost of those, LOW-HIGH
    #[arg(long, value_name = "RANGE", default_value = "0-50", value_parser = parse_range::<u32>)]
    loss: RangeInclusive<u32>,

    /// Latency in milliseconds, LOW-HIGH
    #[arg(long, value_name = "RANGE", default_value = "10-100", value_parser = parse_range::<f64>)]
    latency: RangeInclusive<f64>,

    /// What is wrong with some antennas: degraded, outage or drift, with :SHARE if not one; repeatable
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,

    /// Load rises and falls with this period, such as 1d, lowest at midnight UTC
    #[arg(long, value_name = "DURATION")]
    rhythm: Option<DurationMs>,

    /// The same seed and times give the same messages [default: a random one]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Stop after this many messages
    #[arg(long, value_name = "NUMBER")]
    messages: Option<u64>,

    #[command(flatten)]
    output: OutputFlags,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let interval_ms = args.interval_ms()?;
    let mut output = args.output.open()?;
    let shutdown = listen::shutdown_signal()?;
    let started = Instant::now();
    let mut simulation = Simulation { stream: args.stream(interval_ms), sent: 0, left_out: 0, bar: args.bar() };
    tokio::select! {
        result = simulation.run(&mut output, args.messages.unwrap_or(u64::MAX)) => result?,
        () = listen::ended(shutdown) => {}
    }
    simulation.bar.finish_and_clear();
    if std::io::stderr().is_terminal() {
        simulation.summarise(started.elapsed());
    }
    Ok(())
}

/// What is being sent, and how much has been.
struct Simulation {
    stream: AntennaStream,
    sent: u64,
    left_out: u64,
    bar: ProgressBar,
}

impl Simulation {
    async fn run(&mut self, output: &mut Output, messages: u64) -> anyhow::Result<()> {
        while self.sent < messages {
            let wait_ms = u64::try_from(self.stream.next_ms() - SystemClock.now_ms()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            let now_ms = SystemClock.now_ms();
            self.left_out += self.stream.skip_to(now_ms - LATENESS_MAX_MS);
            let limit = usize::try_from(messages - self.sent).unwrap_or(usize::MAX).min(AT_ONCE);
            let due = self.stream.take_due(now_ms, limit);
            if !due.is_empty() {
                let bar = &self.bar;
                output.deliver(&due, |news| bar.suspend(|| tracing::warn!("{news}"))).await?;
                self.sent += due.len() as u64;
                self.bar.set_position(self.sent);
            }
        }
        Ok(())
    }

    fn summarise(&self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let rate = self.sent as f64 / seconds.max(1e-3);
        let left_out = match self.left_out {
            0 => String::new(),
            messages => format!("; {messages} left out while nobody took them"),
        };
        eprintln!("{} messages in {seconds:.1} s, {rate:.1} a second{left_out}", self.sent);
    }
}

impl Args {
    /// How often each antenna speaks.
    fn interval_ms(&self) -> Result<f64, UsageError> {
        match self.rate {
            Some(rate) if rate.is_finite() && rate > 0.0 => Ok(1e3 * f64::from(self.count) / rate),
            Some(_) => Err(UsageError("--rate must be above 0, for example 100".to_owned())),
            None if self.interval.0 > 0 => Ok(self.interval.0 as f64),
            None => Err(UsageError("--interval must be longer than 0ms, for example 5s".to_owned())),
        }
    }

    fn stream(&self, interval_ms: f64) -> AntennaStream {
        let options = AntennaOptions {
            id: self
                .id
                .clone()
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| format!("antenna-{:08x}", fastrand::u32(..))),
            count: self.count as usize,
            packets: self.packets.clone(),
            loss: self.loss.clone(),
            latency_ms: self.latency.clone(),
            faults: self.faults.clone(),
            rhythm: self.rhythm,
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..)),
        };
        AntennaStream::new(options, interval_ms, start(SystemClock.now_ms(), interval_ms))
    }

    /// A bar for people, unless the messages themselves are on their screen.
    fn bar(&self) -> ProgressBar {
        match self.messages {
            _ if self.output.is_standard_output() && std::io::stdout().is_terminal() => ProgressBar::hidden(),
            Some(messages) => progress::bar("simulate", messages),
            None => progress::counter("messages"),
        }
    }
}

/// When the first message is due: of an antenna that speaks every few seconds at a whole second, so that its times are whole
/// seconds, which is all that some readers take.
fn start(now_ms: i64, interval_ms: f64) -> i64 {
    if interval_ms < 1e3 { now_ms } else { now_ms + (-now_ms).rem_euclid(1_000) }
}

/// Reads `LOW-HIGH`.
fn parse_range<T: FromStr + PartialOrd>(text: &str) -> Result<RangeInclusive<T>, String> {
    // Digits alone: the standard parser of fractions also takes `inf`.
    let bound =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| text.parse().ok())?;
    let bounds = text.split_once('-').and_then(|(low, high)| Some((bound(low)?, bound(high)?)));
    bounds
        .filter(|(low, high): &(T, T)| low <= high)
        .map(|(low, high)| low..=high)
        .ok_or_else(|| "write LOW-HIGH, for example 10-100".to_owned())
}
