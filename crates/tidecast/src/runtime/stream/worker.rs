//! One of several workers that share a stream: turns its part of the records into partial results for the merger.

use super::trouble_log::TroubleLog;
use std::convert::Infallible;
use std::sync::Arc;
use tidecast_connect::redis::RedisGroupReader;
use tidecast_core::transform::Transforms;
use tidecast_core::window::{Partial, WindowPlan};

/// A worker for one analysis.
pub struct Worker {
    /// Of the source.
    pub(super) name: String,
    pub(super) reader: RedisGroupReader,
    /// Those of the source, then those of the analysis.
    pub(super) transforms: [Transforms; 2],
    pub(super) plan: Arc<WindowPlan>,
}

impl Worker {
    /// Runs until something fails. What was read and not handed on then comes again, here or with another worker.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        let mut troubles = TroubleLog::default();
        loop {
            let delivery = self.reader.next_records().await;
            let (mut records, mut rejections) = (delivery.records, delivery.rejections);
            for transforms in &self.transforms {
                records = transforms.apply(records, &mut rejections)?;
            }
            // Also when no record is left: whether messages wait to be acknowledged is known to the reader.
            let partial = Partial::of(&self.plan, &records).encode();
            // If that fails, the messages come again; what they are is told by the merger.
            let _publication = self.reader.publish(&partial, &rejections).await;
            troubles.note(&self.name, self.reader.health().trouble.as_deref());
        }
    }
}
