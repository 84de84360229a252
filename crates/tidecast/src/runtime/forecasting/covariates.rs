//! Covariates: series of the store that help to forecast others, and whose future is in the store already.

use super::history;
use super::job::ForecastJob;
use std::sync::Arc;
use tidecast_core::ports::{SeriesStore, StoreError};
use tidecast_core::series::{RegularSeries, Selector};

impl ForecastJob {
    /// The job with the covariates as the store has them now, past and future.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn with_covariates(&self, store: &dyn SeriesStore) -> Result<Self, StoreError> {
        let mut job = self.clone();
        let mut known = Vec::with_capacity(self.covariates.len());
        for selector in &self.covariates {
            known.push(read(store, selector).await?);
        }
        job.known_ahead = Arc::from(known);
        Ok(job)
    }
}

/// The series that a selector names: the first where it matches several, and an empty one, which has no effect, where
/// there is none.
async fn read(store: &dyn SeriesStore, selector: &Selector) -> Result<RegularSeries, StoreError> {
    let matching = store.series(selector).await?;
    if matching.len() > 1 {
        tracing::warn!(covariate = %selector, "{} series match; {} is taken", matching.len(), matching[0].series);
    }
    let history = match matching.first() {
        Some(summary) => history::read(store, summary).await?,
        None => None,
    };
    if history.is_none() {
        tracing::warn!(covariate = %selector, "no series with enough samples matches; it has no effect until one does");
    }
    Ok(history.unwrap_or(RegularSeries { start_ms: 0, step_ms: 1, values: Vec::new() }))
}
