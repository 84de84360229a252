//! Fitting: histories come from the store, models are chosen on all processors, winners get a version in the registry.

use super::history;
pub use super::history::STEPS_MAX;
use super::job::ForecastJob;
use super::served::Champion;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::ports::{SeriesStore, SeriesSummary};
use tidecast_core::series::{RegularSeries, SeriesKey, TimeRange};
use tidecast_forecast::models::{Control, FitError, Model};
use tidecast_forecast::registry::{Description, Registry, RegistryError};
use tidecast_forecast::select::{self, Choice};
use tidecast_forecast::training::Trained;

/// Series whose histories are in memory at once.
pub const PANEL_MAX: usize = 64;

/// A series whose model was chosen.
pub struct Chosen {
    /// The series.
    pub series: SeriesKey,
    /// What the model was chosen on.
    pub history: RegularSeries,
    /// The winner, and how all candidates did.
    pub choice: Result<Choice, FitError>,
}

/// The histories of some series; those with too few samples to tell their step, or that cannot be read, are left out.
pub async fn histories(store: &dyn SeriesStore, summaries: &[SeriesSummary]) -> Vec<(SeriesKey, RegularSeries)> {
    let mut histories = Vec::with_capacity(summaries.len());
    for summary in summaries {
        match history::read(store, summary).await {
            Ok(Some(history)) => histories.push((summary.series.clone(), history)),
            Ok(None) => {}
            Err(error) => tracing::error!(series = %summary.series, "the series is left out: {error}"),
        }
    }
    histories
}

/// Chooses the best of `candidates` for every series. Runs for as long as fitting takes, on its own thread.
///
/// # Errors
/// When the thread is gone, which means that the process ends.
pub async fn choose(
    job: &ForecastJob,
    candidates: Vec<&'static dyn Model>,
    histories: Vec<(SeriesKey, RegularSeries)>,
    stop: Arc<AtomicBool>,
    progress: impl Fn(f64) + Send + Sync + 'static,
) -> anyhow::Result<Vec<Chosen>> {
    let job = job.clone();
    let chosen = tokio::task::spawn_blocking(move || {
        // Models see a panel of series with the same step: what they are asked for is counted in steps.
        let mut panels: BTreeMap<i64, Vec<(SeriesKey, RegularSeries)>> = BTreeMap::new();
        for (series, history) in histories {
            panels.entry(history.step_ms).or_default().push((series, history));
        }
        let control = Control { stop: &stop, progress: &progress };
        let mut chosen = Vec::new();
        for (step_ms, panel) in panels {
            let (keys, panel): (Vec<SeriesKey>, Vec<RegularSeries>) = panel.into_iter().unzip();
            let choices = select::choose(&candidates, &panel, &job.settings(step_ms), &control);
            let together = keys.into_iter().zip(panel).zip(choices);
            chosen.extend(together.map(|((series, history), choice)| Chosen { series, history, choice }));
        }
        chosen
    });
    Ok(chosen.await?)
}

/// Keeps a trained forecaster in the registry and, if it `wins`, lets it speak for the series.
///
/// # Errors
/// Those of the registry; the former champion stays then.
pub fn register(
    registry: &Registry,
    series: &SeriesKey,
    trained: Trained,
    history: &RegularSeries,
    job: &ForecastJob,
    fitted_ms: i64,
    wins: bool,
) -> Result<Champion, RegistryError> {
    let description = Description {
        fitted_at_ms: fitted_ms,
        data: TimeRange::new(history.start_ms, history.origin_ms().unwrap_or(history.start_ms)),
        step_ms: history.step_ms,
        settings: job.settings(history.step_ms),
        score: trained.score,
        note: trained.note.clone(),
    };
    let version = registry.publish(series, trained.forecaster.as_ref(), description)?.version;
    if wins {
        registry.promote(series, &version)?;
    }
    let Trained { forecaster, note, score } = trained;
    Ok(Champion { version, forecaster, score, note, fitted_ms })
}
