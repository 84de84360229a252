//! The past of a series as models want it: on a regular grid, long enough, and bounded.

use tidecast_core::ports::{SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{RegularSeries, TimeRange};

/// Newest steps that a model is fitted on.
pub const STEPS_MAX: usize = 50_000;

/// Newest samples read for that; more than the steps, since several samples can fall into one.
const SAMPLES_MAX: u64 = 200_000;

/// Fewest samples of which a step can be told.
const SAMPLES_MIN: usize = 3;

/// Reads the newest past of a series, from a time on. `None` while it has too few samples to tell its step.
///
/// # Errors
/// Those of the store.
pub async fn read(
    store: &dyn SeriesStore,
    summary: &SeriesSummary,
    from_ms: i64,
) -> Result<Option<RegularSeries>, StoreError> {
    let span_ms = summary.last_ms.saturating_sub(summary.first_ms);
    let newest_ms = if summary.samples > SAMPLES_MAX {
        let share = SAMPLES_MAX as f64 / summary.samples as f64;
        summary.last_ms.saturating_sub((span_ms as f64 * share) as i64)
    } else {
        i64::MIN
    };
    let points = store.range(&summary.series, TimeRange::new(newest_ms.max(from_ms), i64::MAX), None).await?;
    if points.values.len() < SAMPLES_MIN {
        return Ok(None);
    }
    Ok(RegularSeries::infer(&points, STEPS_MAX))
}
