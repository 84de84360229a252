//! What antennas report: uniform draws within bounds, a daily rhythm if wanted, and faults.

use super::fault::{Condition, Fault};
use super::message::AntennaMessage;
use super::random::{named, numbered};
use std::f64::consts::TAU;
use std::ops::RangeInclusive;
use tidecast_core::duration::DurationMs;

/// With a rhythm, this part of a value follows it, and the rest is random.
const RHYTHM_PART: f64 = 0.7;

/// What the antennas of a network are like. By default one antenna without faults.
#[derive(Clone, Debug, PartialEq)]
pub struct AntennaOptions {
    /// The id of the antenna if there is one; of many it is what their ids begin with: `<id>-0001` is the first.
    pub id: String,
    /// How many antennas there are, from 1.
    pub count: usize,
    /// Packets of a message.
    pub packets: RangeInclusive<u32>,
    /// Packets lost of those, never more than there are.
    pub loss: RangeInclusive<u32>,
    /// Latency, ms.
    pub latency_ms: RangeInclusive<f64>,
    /// What is wrong with some of them.
    pub faults: Vec<Fault>,
    /// Load, and with it all three values, rises and falls with this period: lowest at multiples of it since the Unix epoch,
    /// which for a day is midnight UTC.
    pub rhythm: Option<DurationMs>,
    /// The same seed, times and options give the same messages.
    pub seed: u64,
}

impl Default for AntennaOptions {
    fn default() -> Self {
        Self {
            id: "antenna".to_owned(),
            count: 1,
            packets: 100..=500,
            loss: 0..=50,
            latency_ms: 10.0..=100.0,
            faults: Vec::new(),
            rhythm: None,
            seed: 0,
        }
    }
}

/// Antennas that can be asked for their messages.
#[derive(Clone, Debug)]
pub struct Antennas {
    options: AntennaOptions,
    started_ms: i64,
    antennas: Vec<Antenna>,
}

#[derive(Clone, Debug)]
struct Antenna {
    id: String,
    seed: u64,
    condition: Condition,
}

impl Antennas {
    /// Antennas that start, all well apart from their faults, at a time in ms since the Unix epoch.
    #[must_use]
    pub fn new(options: AntennaOptions, started_ms: i64) -> Self {
        let id = |antenna: usize| match options.count {
            0 | 1 => options.id.clone(),
            _ => format!("{}-{:04}", options.id, antenna + 1),
        };
        let antenna = |antenna: usize| {
            let id = id(antenna);
            Antenna { seed: named(options.seed, &id), id, condition: Condition::default() }
        };
        let mut antennas: Vec<Antenna> = (0..options.count.max(1)).map(antenna).collect();
        for fault in &options.faults {
            let afflicted = fault.afflicted(options.seed, &options.id, antennas.len());
            for (antenna, _) in antennas.iter_mut().zip(afflicted).filter(|(_, is_afflicted)| *is_afflicted) {
                antenna.condition.afflict(fault.kind);
            }
        }
        Self { options, started_ms, antennas }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.antennas.len()
    }

    /// What an antenna (below [`Self::count`], counted round beyond) says as its message of that number at a time, ms since
    /// the Unix epoch; `None` during an outage.
    #[must_use]
    pub fn message(&self, antenna: usize, number: u64, timestamp_ms: i64) -> Option<AntennaMessage<'_>> {
        let Antenna { id, seed, condition } = self.antennas.get(antenna % self.antennas.len())?;
        if condition.is_silent(*seed, timestamp_ms) {
            return None;
        }
        let options = &self.options;
        let mut random = numbered(*seed, number);
        let mut fraction = || self.follow_rhythm(random.f64(), timestamp_ms);
        let packets = whole(&options.packets, fraction());
        let loss = whole(&options.loss, fraction());
        let latency_ms = between(*options.latency_ms.start(), *options.latency_ms.end(), fraction());
        let elapsed_ms = timestamp_ms.saturating_sub(self.started_ms);
        let latency_ms = latency_ms * condition.latency_factor(elapsed_ms);
        Some(AntennaMessage {
            antenna_id: id,
            timestamp_ms,
            packets,
            loss: condition.loss(packets, loss, random.f64()),
            latency_ms: (latency_ms * 100.0).round() / 100.0,
        })
    }

    /// Where in its bounds a value lies, 0 to 1, given where it would lie at random.
    fn follow_rhythm(&self, fraction: f64, timestamp_ms: i64) -> f64 {
        let Some(DurationMs(period_ms)) = self.options.rhythm.filter(|period| period.0 > 0) else { return fraction };
        let turn = timestamp_ms.rem_euclid(period_ms) as f64 / period_ms as f64;
        between(fraction, 0.5 - 0.5 * (TAU * turn).cos(), RHYTHM_PART)
    }
}

fn between(low: f64, high: f64, fraction: f64) -> f64 {
    (high - low).mul_add(fraction, low)
}

/// A whole number within bounds, each as likely as another where `fraction` is uniform.
fn whole(bounds: &RangeInclusive<u32>, fraction: f64) -> u32 {
    let (low, high) = (f64::from(*bounds.start()), f64::from(*bounds.end()));
    (between(low, high + 1.0, fraction) as u32).min(*bounds.end())
}
