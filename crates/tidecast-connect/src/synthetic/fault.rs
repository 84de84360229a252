//! Faults of antennas: which antennas have them, and what they do to a message.

use super::random::{named, numbered};
use std::fmt;
use std::str::FromStr;

/// A degraded antenna loses this share of its packets, at least and at most.
const DEGRADED_LOSS: (f64, f64) = (0.4, 0.8);
/// An antenna with outages is silent once in this time.
const OUTAGE_EVERY_MS: i64 = 300_000;
/// How long it is silent then.
const OUTAGE_MS: i64 = 60_000;
/// A drifting latency climbs for this long, and then stays.
const DRIFT_MS: i64 = 3_600_000;
/// In the end it is this many times what it would be.
const DRIFT_FACTOR: f64 = 5.0;

/// What is wrong with some of the antennas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// The share of the antennas that have it, above 0 and up to 1; one antenna where there is none.
    pub share: Option<f64>,
}

/// What can be wrong with an antenna.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It loses 40 to 80 % of its packets.
    Degraded,
    /// It is silent for one minute in every five.
    Outage,
    /// Its latency climbs to five times what it would be within an hour, and stays there.
    Drift,
}

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fault; write degraded, outage or drift, and a share of the antennas if not one, as in outage:0.1")]
pub struct ParseFaultError(String);

impl FaultKind {
    fn name(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::Outage => "outage",
            Self::Drift => "drift",
        }
    }
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseFaultError(text.to_owned());
        let (kind, share) = text.split_once(':').map_or((text, None), |(kind, share)| (kind, Some(share)));
        let kinds = [FaultKind::Degraded, FaultKind::Outage, FaultKind::Drift];
        let kind = kinds.into_iter().find(|known| known.name() == kind).ok_or_else(fail)?;
        let share = share.map(|share| share.parse::<f64>().map_err(|_| fail())).transpose()?;
        if share.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
            return Err(fail());
        }
        Ok(Self { kind, share })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        self.share.map_or(Ok(()), |share| write!(f, ":{share}"))
    }
}

impl Fault {
    /// Which of `count` antennas have it, one flag each, as a function of the seed and their common name.
    ///
    /// Systematic sampling (Madow and Madow, 1944): of many antennas exactly their share, evenly spread; of one antenna a
    /// process, as the replicas of a Deployment are, about that share of the processes.
    pub(super) fn afflicted(self, seed: u64, name: &str, count: usize) -> Vec<bool> {
        let offset = numbered(named(seed, name), named(0, self.kind.name())).f64();
        let Some(share) = self.share else {
            let only = (offset * count as f64) as usize;
            return (0..count).map(|antenna| antenna == only).collect();
        };
        let reached = |antennas: usize| (antennas as f64).mul_add(share, offset).floor();
        (0..count).map(|antenna| reached(antenna + 1) > reached(antenna)).collect()
    }
}

/// What the faults of one antenna do to its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) is_degraded: bool,
    pub(super) has_outages: bool,
    pub(super) drifts: bool,
}

impl Condition {
    /// Adds a fault.
    pub(super) fn afflict(&mut self, kind: FaultKind) {
        match kind {
            FaultKind::Degraded => self.is_degraded = true,
            FaultKind::Outage => self.has_outages = true,
            FaultKind::Drift => self.drifts = true,
        }
    }

    /// Whether an antenna says nothing at a time; `seed` is the antenna's, so that not all are silent together.
    pub(super) fn is_silent(self, seed: u64, timestamp_ms: i64) -> bool {
        let phase_ms = (seed % OUTAGE_EVERY_MS as u64) as i64;
        self.has_outages && timestamp_ms.saturating_add(phase_ms).rem_euclid(OUTAGE_EVERY_MS) < OUTAGE_MS
    }

    /// The packets lost of some, where `usual` would be lost by an antenna without fault and `fraction` (0 to 1) is random.
    pub(super) fn loss(self, packets: u32, usual: u32, fraction: f64) -> u32 {
        let (least, most) = DEGRADED_LOSS;
        let degraded = f64::from(packets) * (most - least).mul_add(fraction, least);
        (if self.is_degraded { degraded.round() as u32 } else { usual }).min(packets)
    }

    /// How many times its usual value the latency is, this long after the start.
    pub(super) fn latency_factor(self, elapsed_ms: i64) -> f64 {
        let climbed = elapsed_ms.clamp(0, DRIFT_MS) as f64 / DRIFT_MS as f64;
        if self.drifts { (DRIFT_FACTOR - 1.0).mul_add(climbed, 1.0) } else { 1.0 }
    }
}
