//! A refresh: follow the newest samples of every series, forecast, store, tell.

use super::Forecasting;
use crate::runtime::live::{Event, ForecastNotice};
use std::time::Instant;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::SeriesSummary;
use tidecast_core::series::{SeriesKey, TimeRange};

impl Forecasting {
    /// Forecasts every served series that has new samples, another champion, or another known future since its last
    /// forecast (the others would say the same again); the forecasts are durable when this returns.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn refresh(&mut self) -> anyhow::Result<Vec<Forecast>> {
        let started = Instant::now();
        let summaries = self.summaries().await?;
        self.forget_all_but(&summaries);
        self.foresee().await?;
        for summary in &summaries {
            if self.served.get(&summary.series).is_some_and(|served| summary.last_ms > served.origin_ms())
                && let Err(error) = self.follow(&summary.series).await
            {
                // One series that cannot be read must not keep the others from being forecast.
                tracing::error!(series = %summary.series, "{error:#}; trying again at the next tick");
            }
        }
        let due = self.served.values().filter(|served| served.is_due());
        // Arithmetic for thousands of series: other tasks go on meanwhile on another thread.
        let forecasts: Vec<Forecast> =
            tokio::task::block_in_place(|| due.map(|served| served.forecast(&self.job)).collect());
        self.store.put_forecasts(forecasts.clone()).await?;
        for forecast in &forecasts {
            if let Some(served) = self.served.get_mut(&forecast.series) {
                served.stored(forecast);
            }
        }
        self.show_refresh(&forecasts, started);
        Ok(forecasts)
    }

    /// Lets go of series that the store no longer has; the summaries are sorted by series.
    fn forget_all_but(&mut self, summaries: &[SeriesSummary]) {
        let is_there = |series: &SeriesKey| summaries.binary_search_by(|have| have.series.cmp(series)).is_ok();
        let gone: Vec<SeriesKey> = self.served.keys().filter(|series| !is_there(series)).cloned().collect();
        for series in &gone {
            self.served.remove(series);
            self.live.remove_board(series);
        }
    }

    /// Tells the champion of a series what has arrived since it was last asked.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn follow(&mut self, series: &SeriesKey) -> anyhow::Result<()> {
        let Some(served) = self.served.get_mut(series) else { return Ok(()) };
        let unseen = TimeRange::new(served.origin_ms().saturating_add(1), i64::MAX);
        let points = self.store.range(series, unseen, None).await?;
        if served.observe(&points).is_none() {
            tracing::warn!(%series, "too long a gap to bridge; the series is fitted anew");
            self.served.remove(series);
        }
        Ok(())
    }

    fn show_refresh(&self, forecasts: &[Forecast], started: Instant) {
        for served in self.served.values() {
            self.live.update_board(&served.series, |board| {
                board.live = served.live_accuracy();
                board.drift = served.drift().map(Into::into);
                board.note = served.note();
            });
        }
        let now_ms = self.live.now_ms();
        let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.live.update_status(|status| {
            if let Some(job) = status.forecasts.iter_mut().find(|job| job.name == self.job.name) {
                job.last_run_ms = Some(now_ms);
                job.last_run_wall_ms = Some(wall_ms);
                job.runs += 1;
            }
        });
        let notice = |forecast: &Forecast| ForecastNotice {
            series: forecast.series.clone(),
            origin_ms: forecast.origin_ms,
            model: forecast.model.clone(),
        };
        self.live.publish(Event::Forecasts(forecasts.iter().map(notice).collect()));
    }
}
