//! Puts together what several workers made of a stream.

use super::analysis::Analysis;
use super::outlet::Outlet;
use std::convert::Infallible;
use tidecast_connect::redis::{PartialsDelivery, RedisPartialsReader};
use tidecast_core::record::{Rejection, Rejections};
use tidecast_core::series::SampleBatch;

/// The merger of one analysis.
pub struct Merger {
    pub(super) reader: RedisPartialsReader,
    pub(super) analysis: Analysis,
    pub(super) outlet: Outlet,
}

impl Merger {
    /// Runs until something fails; then only what is durable is certain.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        self.outlet.resume(std::slice::from_mut(&mut self.analysis));
        loop {
            let delivery = self.reader.next_partials().await;
            self.take(delivery).await?;
            self.reader.acknowledge().await;
            self.outlet.report(self.reader.health(), std::slice::from_ref(&self.analysis));
        }
    }

    async fn take(&mut self, delivery: PartialsDelivery) -> anyhow::Result<()> {
        let now_ms = self.outlet.now_ms();
        let mut refused = Rejections::default();
        refused.add(Rejection::Malformed, delivery.lost);
        delivery.partials.iter().for_each(|partial| refused.add_all(&partial.refused));
        let messages = delivery.partials.iter().map(|partial| partial.messages).sum();
        let mut step = self.analysis.merge(&delivery.partials, delivery.complete_to_event_ms, now_ms)?;
        if delivery.idle {
            step.append(self.analysis.idle(now_ms));
        }
        self.outlet.count(messages, &refused);
        let position = delivery.position.filter(|_| !delivery.partials.is_empty() || delivery.lost > 0);
        self.outlet.store(std::slice::from_mut(&mut self.analysis), vec![step], SampleBatch::new(), position).await
    }
}
