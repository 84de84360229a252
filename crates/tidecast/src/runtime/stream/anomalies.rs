//! Which keys left the band that was forecast for them.

use crate::runtime::live::{AnalyticsView, Anomaly, Live, result_metric};
use std::collections::HashMap;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{ForecastQuery, SeriesStore, StoreError};
use tidecast_core::series::{SeriesKey, TimeRange};

/// Forecasts looked at for one window; those of further series wait for the next.
const FORECASTS_MAX: usize = 10_000;
/// Of the newest origins, the champion's counts; challengers forecast from the same ones.
const ORIGINS_SEARCHED: usize = 8;

/// Marks the keys of a view whose values lie outside the outermost quantiles of the newest forecast made before the window
/// ended. Only series that are forecast can be anomalous.
pub(super) async fn mark(view: &mut AnalyticsView, live: &Live, store: &dyn SeriesStore) -> Result<(), StoreError> {
    let measures: HashMap<String, usize> =
        view.measures.iter().enumerate().map(|(place, measure)| (result_metric(&view.name, measure), place)).collect();
    let forecast = live.forecast_series(|series| measures.contains_key(series.name()));
    if forecast.is_empty() {
        return Ok(());
    }
    let places: HashMap<Vec<&str>, usize> =
        view.keys.iter().enumerate().map(|(place, key)| (key.key.texts().collect(), place)).collect();
    let mut found = Vec::new();
    for series in forecast.iter().take(FORECASTS_MAX) {
        let measure = measures[series.name()];
        let labels: Vec<&str> = view.by.iter().map(|label| series.label(label)).collect();
        let Some(&place) = places.get(&labels) else { continue };
        let Some(value) = view.keys[place].values.as_ref().map(|values| values[measure]) else { continue };
        let Some((low, high)) = band(series, view.end_ms, live, store).await? else { continue };
        if value < low || value > high {
            found.push((place, Anomaly { measure: view.measures[measure].clone(), value, low, high }));
        }
    }
    for (place, anomaly) in found {
        view.keys[place].anomalies.push(anomaly);
    }
    Ok(())
}

/// What was forecast for a moment, before it.
async fn band(
    series: &SeriesKey,
    at_ms: i64,
    live: &Live,
    store: &dyn SeriesStore,
) -> Result<Option<(f64, f64)>, StoreError> {
    let origins = TimeRange::new(i64::MIN, at_ms);
    let query = ForecastQuery { series: series.clone(), origins, limit: ORIGINS_SEARCHED };
    let forecasts = store.forecasts(query).await?;
    let champion = live.board(series).and_then(|board| board.champion);
    let of_champion = forecasts.iter().rev().find(|forecast| Some(&forecast.model) == champion.as_ref());
    Ok(of_champion.or(forecasts.last()).and_then(|forecast| band_at(forecast, at_ms)))
}

fn band_at(forecast: &Forecast, at_ms: i64) -> Option<(f64, f64)> {
    let step = usize::try_from((at_ms - forecast.origin_ms).checked_div(forecast.step_ms)?).ok()?.checked_sub(1)?;
    if forecast.levels.len() < 2 {
        return None;
    }
    let (low, high) = (forecast.quantiles.first()?.get(step)?, forecast.quantiles.last()?.get(step)?);
    Some((*low, *high))
}
