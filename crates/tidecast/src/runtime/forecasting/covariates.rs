//! Covariates: series of the store that help to forecast others, and whose future is in the store already.

use super::Forecasting;
use super::history;
use super::job::ForecastJob;
use std::sync::Arc;
use tidecast_core::ports::{SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{RegularSeries, Selector};

/// Least time of the past that tells the step of a covariate, ms: four weeks.
const LEAST_PAST_MS: i64 = 28 * 86_400_000;

impl ForecastJob {
    /// The job with the covariates as the store has them now, all of the past and the future: for fits.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn with_covariates(&self, store: &dyn SeriesStore) -> Result<Self, StoreError> {
        Ok(Self { known_ahead: self.covariates_from(store, i64::MIN).await?, ..self.clone() })
    }

    /// The covariates from a time on: all that forecasters which have seen everything before need. A selector that names no
    /// series gives an empty one, which has no effect.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn covariates_from(
        &self,
        store: &dyn SeriesStore,
        from_ms: i64,
    ) -> Result<Arc<[RegularSeries]>, StoreError> {
        let mut known = Vec::with_capacity(self.covariates.len());
        for selector in &self.covariates {
            let series = match find(store, selector).await? {
                Some(summary) => history::read(store, &summary, from_ms).await?,
                None => None,
            };
            known.push(series.unwrap_or(RegularSeries { start_ms: 0, step_ms: 1, values: Vec::new() }));
        }
        Ok(Arc::from(known))
    }

    /// Says which covariates are not there, or not clear.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn check_covariates(&self, store: &dyn SeriesStore) -> Result<(), StoreError> {
        for selector in &self.covariates {
            match store.series(selector).await?.as_slice() {
                [] => tracing::warn!(covariate = %selector, "no series matches; it has no effect until one does"),
                [_] => {}
                [first, ..] => tracing::warn!(covariate = %selector, "several series match; {} is taken", first.series),
            }
        }
        Ok(())
    }
}

/// The series that a selector names: the first where it matches several.
async fn find(store: &dyn SeriesStore, selector: &Selector) -> Result<Option<SeriesSummary>, StoreError> {
    Ok(store.series(selector).await?.into_iter().next())
}

impl Forecasting {
    /// Tells every champion what is known of the covariates now: values that arrive are explained by them, and forecasts
    /// that they change are due.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn foresee(&mut self) -> Result<(), StoreError> {
        let oldest = self.served.values().map(super::Served::covariates_from_ms).min();
        let Some(from_ms) = oldest.filter(|_| !self.job.covariates.is_empty()) else { return Ok(()) };
        let known_ahead = self.job.covariates_from(&*self.store, from_ms.saturating_sub(LEAST_PAST_MS)).await?;
        self.served.values_mut().for_each(|served| served.foresee(Arc::clone(&known_ahead)));
        Ok(())
    }
}
