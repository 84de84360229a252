//! One stream, read by this process alone, from its source to what is durable.

use super::analysis::{Analysis, Step};
use super::outlet::Outlet;
use super::recorder::Recorder;
use std::convert::Infallible;
use tidecast_core::ports::{RecordDelivery, RecordSource};
use tidecast_core::record::Rejections;
use tidecast_core::series::SampleBatch;
use tidecast_core::transform::Transforms;

/// A source, and what is made of its records.
pub struct Pipeline {
    /// Where records come from.
    pub(super) source: Box<dyn RecordSource>,
    /// What is done to all records first.
    pub(super) transforms: Transforms,
    /// What of the records themselves is stored.
    pub(super) recorder: Recorder,
    /// What is computed from them.
    pub(super) analyses: Vec<Analysis>,
    pub(super) outlet: Outlet,
}

impl Pipeline {
    /// Runs until something fails; then only what is durable is certain.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        self.outlet.resume(&mut self.analyses);
        loop {
            let delivery = self.source.next_records().await?;
            // What the source has asked for ahead leaves this thread before the computation takes it: a task that was just
            // spawned is not run by other threads.
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
            self.take(delivery).await?;
            self.source.acknowledge().await?;
            self.outlet.report(self.source.health(), &self.analyses);
        }
    }

    async fn take(&mut self, delivery: RecordDelivery) -> anyhow::Result<()> {
        let RecordDelivery { records, position, mut rejections, caught_up } = delivery;
        let now_ms = self.outlet.now_ms();
        let came = records.len() as u64;
        let mut samples = SampleBatch::new();
        let mut steps = Vec::with_capacity(self.analyses.len());
        let position = position.filter(|_| came > 0 || !rejections.is_empty());
        if came > 0 {
            let mut refused = Rejections::default();
            let records = self.transforms.apply(records, &mut refused)?;
            rejections.add_all(&refused);
            self.recorder.store(&records, &mut samples);
            if let Some((last, others)) = self.analyses.split_last_mut() {
                for analysis in others {
                    steps.push(analysis.take(records.clone(), now_ms)?);
                }
                steps.push(last.take(records, now_ms)?);
            }
        }
        // Time goes on by the clock only when no records wait where we cannot see them.
        if caught_up {
            steps.resize_with(self.analyses.len(), Step::default);
            for (analysis, step) in self.analyses.iter_mut().zip(&mut steps) {
                step.append(analysis.idle(now_ms));
            }
        }
        self.outlet.count(came, &rejections);
        self.outlet.store(&mut self.analyses, steps, samples, position).await
    }
}
