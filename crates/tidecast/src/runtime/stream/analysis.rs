//! One analysis of a stream: its windows, and what of them is kept.

use super::results::Results;
use crate::config::AnalyticsConfig;
use anyhow::Context as _;
use std::sync::Arc;
use tidecast_connect::redis;
use tidecast_core::ports::{StateChange, StateStore};
use tidecast_core::record::{RecordBatch, Rejections, Schema};
use tidecast_core::transform::{TransformError, Transforms};
use tidecast_core::window::{ClosedWindow, DecodeError, Partial, WindowPlan, Windows};

/// A snapshot takes the place of the changes once they are larger than this, and several times as large as it.
const CHANGES_BYTES: usize = 1024 * 1024;
const CHANGES_PER_SNAPSHOT: usize = 4;

/// An analysis and its state.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Its key in the configuration.
    pub(super) name: String,
    /// What it says there.
    pub(super) config: AnalyticsConfig,
    /// Records refused by its transforms since the start.
    pub(super) refused: Rejections,
    pub(super) windows: Windows,
    /// The last window that was closed before this process began, where it is still known.
    pub(super) closed_before: Option<ClosedWindow>,
    pub(super) results: Results,
    transforms: Transforms,
    /// Bytes of the changes that are kept, and of the snapshot below them.
    kept_bytes: usize,
    snapshot_bytes: usize,
}

/// What something has changed.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// What is to be kept of it, in this order.
    pub(super) changes: Vec<StateChange>,
    /// The windows that it closed or corrected.
    pub(super) closed: Vec<ClosedWindow>,
}

impl Step {
    /// Adds what came after.
    pub(super) fn append(&mut self, next: Self) {
        self.changes.extend(next.changes);
        self.closed.extend(next.closed);
    }
}

impl Analysis {
    /// Goes on where the store says that it was.
    ///
    /// # Errors
    /// When the store cannot be read, or what it keeps is damaged.
    pub(super) async fn resume(name: &str, config: AnalyticsConfig, store: &dyn StateStore) -> anyhow::Result<Self> {
        let plan = Arc::new(config.keys.spec().plan()?);
        let kept = store.state(&state_name(name)).await?;
        let snapshot_bytes = kept.base.as_ref().map_or(0, Vec::len);
        let kept_bytes = kept.changes.iter().map(Vec::len).sum();
        let (windows, closed_before) = match restore(&plan, kept.base.as_deref(), &kept.changes) {
            Err(DecodeError::OtherSpec) => {
                tracing::warn!(analytics = name, "its windows begin anew, since they are configured differently now");
                (Windows::new(plan), None)
            }
            restored => restored.with_context(|| format!("the state of analytics.{name} cannot be read"))?,
        };
        let transforms = config.keys.transforms()?;
        let results = Results::new(name, Arc::clone(windows.plan()));
        let refused = Rejections::default();
        Ok(Self {
            name: name.to_owned(),
            config,
            refused,
            windows,
            closed_before,
            results,
            transforms,
            kept_bytes,
            snapshot_bytes,
        })
    }

    /// Takes records in.
    pub(super) fn take(&mut self, records: RecordBatch, now_ms: i64) -> Result<Step, TransformError> {
        let records = self.transforms.apply(records, &mut self.refused)?;
        if records.is_empty() {
            return Ok(Step::default());
        }
        let partial = self.windows.assess(&records, now_ms);
        Ok(self.apply(&partial))
    }

    /// Lets time pass without records.
    pub(super) fn idle(&mut self, now_ms: i64) -> Step {
        let partial = self.windows.tick(now_ms);
        partial.map(|partial| self.apply(&partial)).unwrap_or_default()
    }

    /// Takes in what workers made of records. `complete_to_ms` is the newest event time before which nothing is missing.
    pub(super) fn merge(
        &mut self,
        partials: &[redis::Partial],
        complete_to_ms: Option<i64>,
        now_ms: i64,
    ) -> anyhow::Result<Step> {
        let plan = Arc::clone(self.windows.plan());
        let mut step = Step::default();
        for partial in partials {
            let partial = Partial::decode(&plan, &partial.data)
                .with_context(|| format!("a partial result for analytics.{} cannot be read", self.name))?;
            // Time goes on only when all of them are in.
            let judged = self.windows.judge(partial, i64::MIN, now_ms);
            step.append(self.apply(&judged));
        }
        let watermark_ms = complete_to_ms.map(|ms| ms.saturating_sub(plan.spec().lateness_ms));
        if let Some(watermark_ms) = watermark_ms.filter(|ms| Some(*ms) > self.windows.watermark_ms()) {
            let nothing = Partial::of(&plan, &RecordBatch::new(Arc::new(Schema::default())));
            let judged = self.windows.judge(nothing, watermark_ms, now_ms);
            step.append(self.apply(&judged));
        }
        Ok(step)
    }

    /// Keys not heard of since are silent at an event time.
    pub(super) fn silent_before_ms(&self, time_ms: i64) -> i64 {
        time_ms.saturating_sub(self.config.keys.silent_after_ms())
    }

    fn apply(&mut self, partial: &Partial) -> Step {
        let closed = self.windows.apply(partial);
        let name = state_name(&self.name);
        let enough = CHANGES_BYTES.max(CHANGES_PER_SNAPSHOT * self.snapshot_bytes);
        let change = if self.kept_bytes > enough {
            let bytes = self.windows.snapshot();
            (self.kept_bytes, self.snapshot_bytes) = (0, bytes.len());
            StateChange::Replace { name, bytes }
        } else {
            let bytes = partial.encode();
            self.kept_bytes += bytes.len();
            StateChange::Append { name, bytes }
        };
        Step { changes: vec![change], closed }
    }
}

fn restore(
    plan: &Arc<WindowPlan>,
    snapshot: Option<&[u8]>,
    changes: &[Vec<u8>],
) -> Result<(Windows, Option<ClosedWindow>), DecodeError> {
    let mut closed_before = None;
    let mut windows = match snapshot {
        Some(bytes) => Windows::restore(plan, bytes)?,
        None => Windows::new(Arc::clone(plan)),
    };
    for bytes in changes {
        // What it closed was stored with it.
        let closed = windows.apply(&Partial::decode(plan, bytes)?);
        closed_before = closed.into_iter().rfind(|window| !window.correction).or(closed_before);
    }
    Ok((windows, closed_before))
}

fn state_name(analytics: &str) -> String {
    format!("analytics/{analytics}")
}
