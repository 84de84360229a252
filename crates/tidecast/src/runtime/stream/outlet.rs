//! Where the results of a stream go: the store in one commit, then the live view.

use super::analysis::{Analysis, Step};
use super::report::Report;
use super::{anomalies, results};
use crate::runtime::live::{AnalyticsView, KeyView, Live};
use std::sync::Arc;
use tidecast_core::ports::{Position, StateStore, StreamHealth};
use tidecast_core::record::Rejections;
use tidecast_core::series::SampleBatch;

/// Samples of one commit: many windows of many keys may close at once.
const SAMPLES_AT_ONCE: usize = 1 << 18;

/// The outlet of one source's analyses.
pub(super) struct Outlet {
    store: Arc<dyn StateStore>,
    live: Live,
    report: Report,
}

impl Outlet {
    pub(super) fn new(source: &str, store: Arc<dyn StateStore>, live: Live) -> Self {
        let report = Report::new(source, live.clone());
        Self { store, live, report }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.live.now_ms()
    }

    /// Notes what came.
    pub(super) fn count(&mut self, records: u64, refused: &Rejections) {
        self.report.count(records, refused);
    }

    /// Shows what was there when an earlier process ended, until the next windows are closed.
    pub(super) fn resume(&self, analyses: &mut [Analysis]) {
        for analysis in analyses {
            if let Some(window) = analysis.closed_before.take() {
                self.live.put_analytics(results::view(analysis, &window));
            }
        }
    }

    /// Makes durable what follows from the steps, one for each analysis, together with samples and the position; then shows it.
    /// Only of very many samples most are durable a moment before.
    pub(super) async fn store(
        &self,
        analyses: &mut [Analysis],
        mut steps: Vec<Step>,
        mut samples: SampleBatch,
        position: Option<Position>,
    ) -> anyhow::Result<()> {
        for (step, analysis) in steps.iter().zip(&mut *analyses) {
            step.closed.iter().for_each(|window| analysis.results.store(window, &mut samples));
        }
        // If the process dies between these, what is journalled gives the same samples again.
        while samples.len() > SAMPLES_AT_ONCE {
            let rest = samples.split_off(SAMPLES_AT_ONCE);
            self.store.commit(std::mem::replace(&mut samples, rest), None, Vec::new()).await?;
        }
        let changes: Vec<_> = steps.iter_mut().flat_map(|step| std::mem::take(&mut step.changes)).collect();
        if position.is_some() || !samples.is_empty() || !changes.is_empty() {
            self.store.commit(samples, position, changes).await?;
        }
        for (step, analysis) in steps.iter().zip(analyses) {
            self.show(step, analysis).await;
        }
        Ok(())
    }

    /// Shows the last window that an analysis has closed.
    async fn show(&self, step: &Step, analysis: &mut Analysis) {
        let closed = || step.closed.iter().filter(|window| !window.correction);
        let Some(last) = closed().next_back() else { return };
        analysis.results.tidy(&analysis.windows);
        let mut view = results::view(analysis, last);
        if let Err(error) = anomalies::mark(&mut view, &self.live, &*self.store).await {
            tracing::warn!(analytics = analysis.name, "forecasts cannot be read, so no anomaly is found: {error}");
        }
        self.put(view, closed().count() as u64);
    }

    fn put(&self, view: AnalyticsView, windows: u64) {
        self.live.update_status(|status| {
            if let Some(shown) = status.analytics.iter_mut().find(|shown| shown.name == view.name) {
                shown.windows += windows;
                shown.last_window_ms = Some(view.end_ms);
                shown.silent = count(&view, |key| key.is_silent);
                shown.anomalous = count(&view, |key| !key.anomalies.is_empty());
            }
        });
        self.live.put_analytics(view);
    }

    /// Tells the status how the stream and its analyses stand, unless it was told a moment ago.
    pub(super) fn report(&mut self, health: StreamHealth, analyses: &[Analysis]) {
        if !self.report.is_due() {
            return;
        }
        self.review(analyses);
        self.report.tell(health, |status| {
            for analysis in analyses {
                let found = status.analytics.iter_mut().find(|analytics| analytics.name == analysis.name);
                let Some(analytics) = found else { continue };
                analytics.refused = analysis.windows.rejections();
                analytics.refused.add_all(&analysis.refused);
                analytics.keys = analysis.windows.key_count() as u64;
                analytics.watermark_ms = analysis.windows.watermark_ms();
            }
        });
    }

    /// Shows who has fallen silent since the last window: when nobody speaks, none is closed.
    fn review(&self, analyses: &[Analysis]) {
        let views = self.live.analytics();
        for analysis in analyses {
            let view = views.iter().find(|view| view.name == analysis.name);
            let time_ms = analysis.windows.time_ms(self.now_ms());
            let (Some(view), Some(time_ms)) = (view, time_ms) else { continue };
            let spec = analysis.windows.plan().spec();
            let next_due_ms = view.end_ms.saturating_add(spec.slide_ms + spec.lateness_ms);
            if time_ms > next_due_ms
                && let Some(reviewed) = results::review(view, analysis, time_ms)
            {
                self.put(reviewed, 0);
            }
        }
    }
}

fn count(view: &AnalyticsView, is_counted: impl Fn(&KeyView) -> bool) -> u64 {
    view.keys.iter().filter(|key| is_counted(key)).count() as u64
}
