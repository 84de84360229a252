//! Going on after a restart: champions come from the registry, and are told what happened since they were fitted.

use super::served::{Champion, Served};
use super::{Forecasting, boards, history};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::ports::{ForecastQuery, SeriesSummary};
use tidecast_core::series::{Points, SeriesKey, TimeRange};
use tidecast_forecast::registry::Loaded;

/// Stored forecasts looked at to tell how good they were.
const SCORED_MAX: usize = 400;

impl Forecasting {
    /// Takes up the champions that an earlier process left in the registry; what cannot be read is fitted anew.
    ///
    /// # Errors
    /// Those of the store and of the registry's directory.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        let registry = Arc::clone(&self.registry);
        let loaded = tokio::task::spawn_blocking(move || registry.load_champions()).await??;
        let mut champions: BTreeMap<SeriesKey, Loaded> = BTreeMap::new();
        for champion in loaded {
            match champion {
                Ok(loaded) => _ = champions.insert(loaded.0.series.clone(), loaded),
                Err(error) => tracing::warn!("{error}; the series is fitted anew"),
            }
        }
        for summary in self.store.series(&self.job.selector).await? {
            if let Some(loaded) = champions.remove(&summary.series) {
                self.resume_series(&summary, loaded).await?;
            }
        }
        Ok(())
    }

    /// Leaves the series unserved, so that it is fitted anew, where the champion does not fit its samples any more.
    async fn resume_series(&mut self, summary: &SeriesSummary, (metadata, forecaster): Loaded) -> anyhow::Result<()> {
        let Some(history) = history::read(&*self.store, summary).await? else { return Ok(()) };
        let description = metadata.description;
        let seen_to_ms = description.data.to_ms;
        let seen = history.samples().take_while(|sample| sample.timestamp_ms <= seen_to_ms).count();
        let behind = history.origin_ms().map_or(0, |origin_ms| (origin_ms - seen_to_ms) / history.step_ms);
        let known = usize::try_from(behind).ok().and_then(|behind| history.len().checked_sub(behind));
        // A model that was fitted for another horizon or season is no answer to this job.
        let fits = description.step_ms == history.step_ms && description.settings == self.job.settings(history.step_ms);
        let Some(known) = known.filter(|_| seen > 0 && fits) else { return Ok(()) };
        let champion = Champion {
            version: metadata.version,
            forecaster,
            score: description.score,
            note: description.note,
            fitted_ms: description.fitted_at_ms,
        };
        let mut served = Served::new(summary.series.clone(), champion, &history.truncated(known), &self.job);
        let unseen = history.samples().filter(|sample| sample.timestamp_ms > seen_to_ms);
        let (timestamps_ms, values) = unseen.map(|sample| (sample.timestamp_ms, sample.value)).unzip();
        let origins = TimeRange::new(seen_to_ms, i64::MAX);
        let query = ForecastQuery { series: summary.series.clone(), origins, limit: SCORED_MAX };
        let stored = self.store.forecasts(query).await?;
        if served.catch_up(&Points { timestamps_ms, values }, &stored).is_some() {
            let versions = self.registry.versions(&summary.series).unwrap_or_default();
            self.live.put_board(boards::resumed(&served, versions, &self.iterative));
            self.served.insert(summary.series.clone(), served);
        }
        Ok(())
    }
}
