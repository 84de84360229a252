//! One stream from its source to what is durable.

use super::analysis::{Analysis, Step};
use super::meter::Meter;
use super::recorder::Recorder;
use super::{anomalies, results};
use crate::runtime::live::{AnalyticsView, Live, SourceState};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::ports::{RecordDelivery, RecordSource, StateStore};
use tidecast_core::record::Rejections;
use tidecast_core::series::SampleBatch;
use tidecast_core::transform::Transforms;
use tokio::time::{Instant, sleep};

/// Statuses are told about so often, or when something goes wrong.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_LONGEST: Duration = Duration::from_secs(10);
/// One that ran for so long before it failed starts with short waits again.
const RAN_WELL: Duration = Duration::from_secs(60);

/// A source, and what is made of its records.
pub struct Pipeline {
    /// Its key in the configuration.
    pub name: String,
    /// Where records come from.
    pub source: Box<dyn RecordSource>,
    /// What is done to all records first.
    pub transforms: Transforms,
    /// What of the records themselves is stored.
    pub recorder: Recorder,
    /// What is computed from them.
    pub analyses: Vec<Analysis>,
    /// Where everything is kept.
    pub store: Arc<dyn StateStore>,
    /// Where it is shown.
    pub live: Live,
}

/// Opens a pipeline and runs it, for ever: after an error it is opened again from what is durable, since only that is certain.
pub async fn keep_running<O: Future<Output = anyhow::Result<Pipeline>>>(name: &str, live: &Live, open: impl Fn() -> O) {
    let mut wait = RETRY_FIRST;
    loop {
        let started = Instant::now();
        let error = match open().await {
            Ok(pipeline) => match pipeline.run().await {
                Ok(never) => match never {},
                Err(error) => error,
            },
            Err(error) => error,
        };
        tracing::error!(source = name, "{error:#}; trying again");
        live.update_status(|status| {
            if let Some(source) = status.sources.iter_mut().find(|source| source.name == name) {
                source.state = SourceState::Failed;
                source.error = Some(format!("{error:#}"));
            }
        });
        if started.elapsed() > RAN_WELL {
            wait = RETRY_FIRST;
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_LONGEST);
    }
}

impl Pipeline {
    async fn run(mut self) -> anyhow::Result<Infallible> {
        let mut report = Report::default();
        loop {
            let delivery = self.source.next_records().await?;
            report.count(&delivery);
            let steps = self.steps(delivery, &mut report).await?;
            self.publish(steps).await;
            self.source.acknowledge().await?;
            if report.is_due() {
                self.report(&mut report);
            }
        }
    }

    /// Takes a delivery in and makes what follows from it durable.
    async fn steps(&mut self, delivery: RecordDelivery, report: &mut Report) -> anyhow::Result<Vec<Step>> {
        let RecordDelivery { records, position, rejections } = delivery;
        let now_ms = self.live.now_ms();
        let came = !records.is_empty() || !rejections.is_empty();
        let mut samples = SampleBatch::new();
        let mut steps = Vec::with_capacity(self.analyses.len());
        if came {
            let records = self.transforms.apply(records, &mut report.refused)?;
            self.recorder.store(&records, &mut samples);
            for analysis in &mut self.analyses {
                steps.push(analysis.take(records.clone(), now_ms)?);
            }
        } else if self.is_drained() {
            // Time goes on without records only when none wait where we cannot see them.
            steps.extend(self.analyses.iter_mut().map(|analysis| analysis.idle(now_ms)));
        }
        for (step, analysis) in steps.iter().zip(&mut self.analyses) {
            step.closed.iter().for_each(|window| analysis.results.store(window, &mut samples));
        }
        let changes: Vec<_> = steps.iter_mut().filter_map(|step| step.change.take()).collect();
        if came || !samples.is_empty() || !changes.is_empty() {
            self.store.commit(samples, position, changes).await?;
        }
        Ok(steps)
    }

    /// Whether the stream is readable and has nothing more.
    fn is_drained(&self) -> bool {
        let health = self.source.health();
        health.trouble.is_none() && health.lag.unwrap_or(0) == 0
    }

    /// Shows the last window that each analysis has closed.
    async fn publish(&mut self, steps: Vec<Step>) {
        for (step, analysis) in steps.into_iter().zip(&mut self.analyses) {
            let windows = step.closed.iter().filter(|window| !window.correction).count() as u64;
            let Some(last) = step.closed.iter().rfind(|window| !window.correction) else { continue };
            analysis.results.tidy(&analysis.windows);
            let silent_after_ms = analysis.config.keys.silent_after_ms();
            let mut view =
                results::view(&analysis.name, analysis.config.is_network, silent_after_ms, last, &analysis.windows);
            if let Err(error) = anomalies::mark(&mut view, &self.live, &*self.store).await {
                tracing::warn!(analytics = analysis.name, "forecasts cannot be read, so no anomaly is found: {error}");
            }
            show(&self.live, analysis, &view, windows);
            self.live.put_analytics(view);
        }
    }

    fn report(&self, report: &mut Report) {
        let health = self.source.health();
        let now = Instant::now();
        self.live.update_status(|status| {
            let Some(source) = status.sources.iter_mut().find(|source| source.name == self.name) else { return };
            source.state = if health.trouble.is_some() { SourceState::Waiting } else { SourceState::Reading };
            source.rows += std::mem::take(&mut report.records);
            source.rate = Some(report.meter.rate(now));
            source.lag = health.lag;
            source.refused.add_all(&std::mem::take(&mut report.refused));
            source.error = health.trouble;
            for analysis in &self.analyses {
                let found = status.analytics.iter_mut().find(|analytics| analytics.name == analysis.name);
                let Some(analytics) = found else { continue };
                analytics.refused = analysis.windows.rejections();
                analytics.refused.add_all(&analysis.refused);
                analytics.keys = analysis.windows.key_count() as u64;
                analytics.watermark_ms = analysis.windows.watermark_ms();
            }
        });
        report.reported = Some(now);
    }
}

fn show(live: &Live, analysis: &Analysis, view: &AnalyticsView, windows: u64) {
    live.update_status(|status| {
        if let Some(shown) = status.analytics.iter_mut().find(|shown| shown.name == analysis.name) {
            shown.windows += windows;
            shown.last_window_ms = Some(view.end_ms);
            shown.silent = view.keys.iter().filter(|key| key.is_silent).count() as u64;
            shown.anomalous = view.keys.iter().filter(|key| !key.anomalies.is_empty()).count() as u64;
        }
    });
}

/// What has come since the status was last told.
#[derive(Debug, Default)]
struct Report {
    meter: Meter,
    records: u64,
    refused: Rejections,
    reported: Option<Instant>,
}

impl Report {
    fn count(&mut self, delivery: &RecordDelivery) {
        self.records += delivery.records.len() as u64;
        self.refused.add_all(&delivery.rejections);
        self.meter.count(delivery.records.len() as u64, Instant::now());
    }

    fn is_due(&self) -> bool {
        self.reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL)
    }
}
