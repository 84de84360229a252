//! One analysis of a stream: its windows, and what of them is kept.

use super::results::Results;
use crate::config::AnalyticsConfig;
use anyhow::Context as _;
use std::sync::Arc;
use tidecast_core::ports::{StateChange, StateStore};
use tidecast_core::record::{RecordBatch, Rejections};
use tidecast_core::transform::{TransformError, Transforms};
use tidecast_core::window::{ClosedWindow, DecodeError, Partial, WindowPlan, Windows};

/// A snapshot takes the place of the changes once they are larger than this, and several times as large as it.
const CHANGES_BYTES: usize = 1024 * 1024;
const CHANGES_PER_SNAPSHOT: usize = 4;

/// An analysis and its state.
#[derive(Debug)]
pub struct Analysis {
    /// Its key in the configuration.
    pub name: String,
    /// What it says there.
    pub config: AnalyticsConfig,
    /// Records refused by its transforms since the start.
    pub refused: Rejections,
    pub(super) windows: Windows,
    pub(super) results: Results,
    transforms: Transforms,
    /// Bytes of the changes that are kept, and of the snapshot below them.
    kept_bytes: usize,
    snapshot_bytes: usize,
}

/// What something has changed.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// What is to be kept of it.
    pub(super) change: Option<StateChange>,
    /// The windows that it closed or corrected.
    pub(super) closed: Vec<ClosedWindow>,
}

impl Analysis {
    /// Goes on where the store says that it was.
    ///
    /// # Errors
    /// When the store cannot be read, or what it keeps is damaged.
    pub async fn resume(name: &str, config: AnalyticsConfig, store: &dyn StateStore) -> anyhow::Result<Self> {
        let plan = Arc::new(config.keys.spec().plan()?);
        let kept = store.state(&state_name(name)).await?;
        let snapshot_bytes = kept.base.as_ref().map_or(0, Vec::len);
        let kept_bytes = kept.changes.iter().map(Vec::len).sum();
        let windows = match restore(&plan, kept.base.as_deref(), &kept.changes) {
            Err(DecodeError::OtherPlan { .. }) => {
                tracing::warn!(analytics = name, "its windows begin anew, since they are configured differently now");
                Windows::new(plan)
            }
            restored => restored.with_context(|| format!("the state of analytics.{name} cannot be read"))?,
        };
        let transforms = config.keys.transforms()?;
        let results = Results::new(name, Arc::clone(windows.plan()));
        let refused = Rejections::default();
        Ok(Self { name: name.to_owned(), config, refused, windows, results, transforms, kept_bytes, snapshot_bytes })
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
        self.windows.tick(now_ms).map(|partial| self.apply(&partial)).unwrap_or_default()
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
        Step { change: Some(change), closed }
    }
}

fn restore(plan: &Arc<WindowPlan>, snapshot: Option<&[u8]>, changes: &[Vec<u8>]) -> Result<Windows, DecodeError> {
    let mut windows = match snapshot {
        Some(bytes) => Windows::restore(Arc::clone(plan), bytes)?,
        None => Windows::new(Arc::clone(plan)),
    };
    for bytes in changes {
        // What it closed was stored with it.
        let _closed = windows.apply(&Partial::decode(plan, bytes)?);
    }
    Ok(windows)
}

fn state_name(analytics: &str) -> String {
    format!("analytics/{analytics}")
}
