//! Taking up what others decided: a version that was promoted by hand, or an earlier champion that came back.

use super::adopt::Former;
use super::served::Champion;
use super::{Forecasting, boards};
use anyhow::{Context, ensure};
use std::sync::Arc;
use tidecast_core::series::{RegularSeries, SeriesKey, TimeRange};

/// Longest time since the fit, in steps, that a version is brought forward over.
const STEPS_BEHIND_MAX: usize = 500_000;

impl Forecasting {
    /// Lets the champion that the registry names answer for a series, if another one does.
    ///
    /// # Errors
    /// Those of store and registry, and where the version does not fit the series; whoever answers goes on then.
    pub(super) async fn take_up(&mut self, series: &SeriesKey) -> anyhow::Result<()> {
        if !self.served.contains_key(series) {
            return Ok(());
        }
        self.follow(series).await?;
        let (registry, asked) = (Arc::clone(&self.registry), series.clone());
        let loaded = tokio::task::spawn_blocking(move || {
            let champion = registry.champion(&asked)?;
            champion.map(|version| registry.load(&asked, &version)).transpose()
        });
        let Some((metadata, mut forecaster)) = loaded.await?? else { return Ok(()) };
        let Some(served) = self.served.get_mut(series).filter(|have| have.champion.version != metadata.version) else {
            return Ok(());
        };
        let description = metadata.description;
        ensure!(description.step_ms == served.step_ms(), "the version was fitted to another step of the series");
        let asked = self.job.settings(description.step_ms).covariate_names;
        ensure!(description.settings.covariate_names == asked, "the version was fitted with other covariates");
        let mut grid =
            RegularSeries { start_ms: description.data.to_ms, step_ms: description.step_ms, values: vec![f64::NAN] };
        let unseen = TimeRange::new(description.data.to_ms.saturating_add(1), served.origin_ms().saturating_add(1));
        let points = self.store.range(series, unseen, None).await?;
        forecaster.foresee(self.job.covariates_from(&*self.store, i64::MIN).await?);
        forecaster
            .update(grid.extend(&points, STEPS_BEHIND_MAX).context("the version is too old to be brought forward")?);
        let former = Former::of(&served.champion);
        let champion = Champion {
            version: metadata.version,
            forecaster,
            score: description.score,
            note: description.note,
            fitted_ms: description.fitted_at_ms,
        };
        served.crown(champion);
        self.live.update_board(series, |board| boards::crown(board, served));
        self.announce(series, Some(former), &self.served[series].champion);
        Ok(())
    }

    /// Takes up a promotion and forecasts at once.
    pub(super) async fn take_up_and_forecast(&mut self, series: &SeriesKey) {
        if let Err(error) = self.take_up(series).await {
            tracing::error!(%series, "the promoted version cannot be used: {error:#}; the former champion goes on");
        }
        if let Err(error) = self.refresh().await {
            tracing::error!("forecasts cannot be refreshed: {error:#}; trying again at the next tick");
        }
    }
}
