//! One of several workers that share a stream: turns its part of the records into partial results for the merger.

use super::meter::Meter;
use crate::runtime::live::{Live, SourceState};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::redis::{Publication, RedisGroupReader};
use tidecast_core::record::Rejections;
use tidecast_core::transform::Transforms;
use tidecast_core::window::{Partial, WindowPlan};
use tokio::time::Instant;

const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// A worker for one analysis.
pub struct Worker {
    pub(super) source: String,
    pub(super) reader: RedisGroupReader,
    /// Those of the source, then those of the analysis.
    pub(super) transforms: [Transforms; 2],
    pub(super) plan: Arc<WindowPlan>,
    pub(super) live: Live,
}

impl Worker {
    /// Runs until something fails. What was read and not handed on then comes again, here or with another worker.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        let mut meter = Meter::default();
        let (mut handed_on, mut refused, mut reported) = (0, Rejections::default(), None::<Instant>);
        loop {
            let delivery = self.reader.next_records().await;
            let mut rejections = delivery.rejections;
            let mut records = delivery.records;
            let came = records.len() as u64;
            for transforms in &self.transforms {
                records = transforms.apply(records, &mut rejections)?;
            }
            // Also when nothing came: whether there is anything to hand on is known to the reader.
            if self.reader.publish(&Partial::of(&self.plan, &records).encode()).await == Publication::Done {
                handed_on += came;
                meter.count(came, Instant::now());
                refused.add_all(&rejections);
            }
            if reported.is_some_and(|at| at.elapsed() < REPORT_INTERVAL) {
                continue;
            }
            let now = Instant::now();
            reported = Some(now);
            let health = self.reader.health();
            let (records, rejections) = (std::mem::take(&mut handed_on), std::mem::take(&mut refused));
            self.live.update_status(|status| {
                let Some(source) = status.sources.iter_mut().find(|source| source.name == self.source) else { return };
                source.state = if health.trouble.is_some() { SourceState::Waiting } else { SourceState::Reading };
                source.rows += records;
                source.rate = Some(meter.rate(now));
                source.lag = health.lag;
                source.refused.add_all(&rejections);
                source.error = health.trouble;
            });
        }
    }
}
