//! Going on after a restart: champions come from the registry, and are told what happened since they were fitted.

use super::served::{Champion, Served};
use super::studies::Studies;
use super::{Forecasting, boards, history};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::ports::{ForecastQuery, SeriesSummary};
use tidecast_core::series::{Points, SeriesKey, TimeRange};
use tidecast_forecast::registry::{Loaded, Metadata};

/// Stored forecasts looked at to tell how good they were.
const SCORED_MAX: usize = 400;

impl Forecasting {
    /// Takes up the champions that an earlier process left in the registry; what cannot be read is fitted anew.
    ///
    /// # Errors
    /// Those of the store and of the registry's directory.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        let registry = Arc::clone(&self.registry);
        let (studies, loaded) =
            tokio::task::spawn_blocking(move || (Studies::load(&registry), registry.load_champions())).await?;
        self.studies = Arc::new(studies);
        let loaded = loaded?;
        let mut champions: BTreeMap<SeriesKey, Loaded> = BTreeMap::new();
        for champion in loaded {
            match champion {
                Ok(loaded) => _ = champions.insert(loaded.0.series.clone(), loaded),
                Err(error) => tracing::warn!("{error}; the series is fitted anew"),
            }
        }
        // How long ago the champions were fitted is not known yet.
        let known_ahead = self.job.covariates_from(&*self.store, i64::MIN).await?;
        for summary in self.summaries().await? {
            if let Some(mut loaded) = champions.remove(&summary.series) {
                loaded.1.foresee(Arc::clone(&known_ahead));
                if let Err(error) = self.resume_series(&summary, loaded).await {
                    tracing::error!(series = %summary.series, "{error:#}; the series is fitted anew");
                }
            }
        }
        Ok(())
    }

    /// Leaves the series unserved, so that it is fitted anew, where the champion does not fit its samples any more.
    async fn resume_series(&mut self, summary: &SeriesSummary, (metadata, forecaster): Loaded) -> anyhow::Result<()> {
        let Some(history) = history::read(&*self.store, summary, i64::MIN).await? else { return Ok(()) };
        let description = metadata.description;
        let seen_to_ms = description.data.to_ms;
        let seen = history.samples().take_while(|sample| sample.timestamp_ms <= seen_to_ms).count();
        let behind = history.origin_ms().map_or(0, |origin_ms| (origin_ms - seen_to_ms) / history.step_ms);
        let known = usize::try_from(behind).ok().and_then(|behind| history.len().checked_sub(behind));
        // A model that was fitted for another horizon or season, or to know something else ahead, or that the job no longer
        // wants, is no answer to it.
        let wanted = self.quick.iter().chain(&self.slow).any(|model| model.name() == metadata.version.model);
        let (have, asked) = (&description.settings, self.job.settings(history.step_ms));
        let fits = description.step_ms == history.step_ms
            && (have.horizon, have.season) == (asked.horizon, asked.season)
            && (have.holidays, &have.covariate_names) == (asked.holidays, &asked.covariate_names)
            && (wanted || description.note.is_some());
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
        let mut stored = self.store.forecasts(query).await?;
        // Others may have stored forecasts of the series too; only those like our own are scored.
        let horizon = self.job.horizon_steps(history.step_ms);
        stored.retain(|forecast| {
            forecast.step_ms == history.step_ms && forecast.horizon() == horizon && forecast.levels == self.job.levels
        });
        if served.catch_up(&Points { timestamps_ms, values }, &stored).is_some() {
            let versions = tokio::task::block_in_place(|| self.registry.versions(&summary.series)).unwrap_or_default();
            let slow = |have: &&Metadata| self.slow.iter().any(|model| model.name() == have.version.model);
            served.challenged_ms = versions.iter().filter(slow).map(|have| have.description.fitted_at_ms).max();
            self.live.put_board(boards::resumed(&served, versions, &self.slow));
            self.served.insert(summary.series.clone(), served);
        }
        Ok(())
    }
}
