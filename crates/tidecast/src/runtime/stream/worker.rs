//! One of several workers that share a stream: turns its part of the records into partial results for the merger.

use super::report::Report;
use std::convert::Infallible;
use std::sync::Arc;
use tidecast_connect::redis::{Publication, RedisGroupReader};
use tidecast_core::transform::Transforms;
use tidecast_core::window::{Partial, WindowPlan};

/// A worker for one analysis.
pub struct Worker {
    pub(super) reader: RedisGroupReader,
    /// Those of the source, then those of the analysis.
    pub(super) transforms: [Transforms; 2],
    pub(super) plan: Arc<WindowPlan>,
    pub(super) report: Report,
}

impl Worker {
    /// Runs until something fails. What was read and not handed on then comes again, here or with another worker.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        loop {
            let delivery = self.reader.next_records().await;
            let (mut records, mut rejections) = (delivery.records, delivery.rejections);
            let came = records.len() as u64;
            for transforms in &self.transforms {
                records = transforms.apply(records, &mut rejections)?;
            }
            // Also when no record is left: whether messages wait to be acknowledged is known to the reader.
            if self.reader.publish(&Partial::of(&self.plan, &records).encode()).await == Publication::Done {
                self.report.count(came, &rejections);
            }
            self.report.tell(self.reader.health(), |_| ());
        }
    }
}
