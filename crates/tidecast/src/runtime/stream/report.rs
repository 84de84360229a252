//! What the status says of a stream, told a few times a second.

use super::meter::Meter;
use super::trouble_log::TroubleLog;
use crate::runtime::live::{Live, SourceState, Status};
use std::time::Duration;
use tidecast_core::ports::StreamHealth;
use tidecast_core::record::Rejections;
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_millis(250);

/// What has come from a source since its status was last told.
pub(super) struct Report {
    source: String,
    live: Live,
    meter: Meter,
    records: u64,
    refused: Rejections,
    told: Option<Instant>,
    troubles: TroubleLog,
}

impl Report {
    pub(super) fn new(source: &str, live: Live) -> Self {
        let (meter, refused) = (Meter::default(), Rejections::default());
        Self {
            source: source.to_owned(),
            live,
            meter,
            records: 0,
            refused,
            told: None,
            troubles: TroubleLog::default(),
        }
    }

    /// Notes what came.
    pub(super) fn count(&mut self, records: u64, refused: &Rejections) {
        self.records += records;
        self.refused.add_all(refused);
        self.meter.count(records, Instant::now());
    }

    /// Whether the status was not told a moment ago.
    pub(super) fn is_due(&self) -> bool {
        self.told.is_none_or(|at| at.elapsed() >= INTERVAL)
    }

    /// Tells how the stream stands, and what `more` there is to say.
    pub(super) fn tell(&mut self, health: StreamHealth, more: impl FnOnce(&mut Status)) {
        let now = Instant::now();
        self.told = Some(now);
        self.troubles.note(&self.source, health.trouble.as_deref());
        let (records, refused) = (std::mem::take(&mut self.records), std::mem::take(&mut self.refused));
        self.live.update_status(|status| {
            if let Some(source) = status.sources.iter_mut().find(|source| source.name == self.source) {
                source.state = if health.trouble.is_some() { SourceState::Waiting } else { SourceState::Reading };
                source.rows += records;
                source.rate = Some(self.meter.rate(now));
                source.lag = health.lag;
                source.refused.add_all(&refused);
                source.error = health.trouble;
            }
            more(status);
        });
    }
}
