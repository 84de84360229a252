//! Fitting: histories come from the store, models are chosen on all processors, winners get a version in the registry.

use super::history;
pub use super::history::STEPS_MAX;
use super::job::ForecastJob;
use super::served::Champion;
use super::studies::Studies;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::{SeriesStore, SeriesSummary};
use tidecast_core::series::{RegularSeries, SeriesKey, TimeRange};
use tidecast_forecast::models::{Control, FitError, FitSettings, Model};
use tidecast_forecast::registry::{Description, Registry, RegistryError};
use tidecast_forecast::score::Score;
use tidecast_forecast::select::{self, Choice};
use tidecast_forecast::training::{self, Trained};

/// Series whose histories are in memory at once.
pub const PANEL_MAX: usize = 64;

/// What fits go by besides the histories.
#[derive(Clone, Default)]
pub struct Basis {
    /// Settings that tuning found.
    pub studies: Arc<Studies>,
    /// Champions whose models are not among the candidates: they are scored anew on the days the candidates are scored
    /// on, so that they are compared on the same stretch.
    pub standing: BTreeMap<SeriesKey, ModelVersion>,
    /// Where those are.
    pub registry: Option<Arc<Registry>>,
}

impl Basis {
    /// How the standing champions of a panel do on its held-back days. One that cannot be read keeps the score it has.
    fn rescore(&self, panel: &Panel) -> Vec<Option<Score>> {
        let saved = |series| {
            let (registry, version) = (self.registry.as_ref()?, self.standing.get(series)?);
            registry.artifact(series, version).ok()
        };
        let saved: Vec<Option<Vec<u8>>> = panel.series.iter().map(saved).collect();
        training::rescore(&saved, &panel.histories, &panel.settings)
    }
}

/// A series whose model was chosen.
pub struct Chosen {
    /// The series.
    pub series: SeriesKey,
    /// What the model was chosen on.
    pub history: RegularSeries,
    /// What the fits were asked for.
    pub settings: FitSettings,
    /// The winner, and how all candidates did.
    pub choice: Result<Choice, FitError>,
    /// How the champion did on the same days, where it was asked.
    pub standing: Option<Score>,
}

/// The histories of some series; those with too few samples to tell their step, or that cannot be read, are left out.
pub async fn histories(store: &dyn SeriesStore, summaries: &[SeriesSummary]) -> Vec<(SeriesKey, RegularSeries)> {
    let mut histories = Vec::with_capacity(summaries.len());
    for summary in summaries {
        match history::read(store, summary, i64::MIN).await {
            Ok(Some(history)) => histories.push((summary.series.clone(), history)),
            Ok(None) => {}
            Err(error) => tracing::error!(series = %summary.series, "the series is left out: {error}"),
        }
    }
    histories
}

/// Series that are fitted together.
struct Panel {
    step_ms: i64,
    settings: FitSettings,
    series: Vec<SeriesKey>,
    histories: Vec<RegularSeries>,
}

/// Models see a panel of series with the same step and settings: what they are asked for is counted in steps.
fn panels(job: &ForecastJob, studies: &Studies, histories: Vec<(SeriesKey, RegularSeries)>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for (series, history) in histories {
        let step_ms = history.step_ms;
        let settings = studies.settings(&series, step_ms, job.settings(step_ms));
        let same = |have: &Panel| have.step_ms == step_ms && have.settings.tuned == settings.tuned;
        let index = panels.iter().position(same);
        let index = index.unwrap_or_else(|| {
            panels.push(Panel { step_ms, settings, series: Vec::new(), histories: Vec::new() });
            panels.len() - 1
        });
        panels[index].series.push(series);
        panels[index].histories.push(history);
    }
    panels
}

/// Chooses the best of `candidates` for every series. Runs for as long as fitting takes, on its own thread.
///
/// # Errors
/// When the thread is gone, which means that the process ends.
pub async fn choose(
    job: &ForecastJob,
    basis: Basis,
    candidates: Vec<&'static dyn Model>,
    histories: Vec<(SeriesKey, RegularSeries)>,
    stop: Arc<AtomicBool>,
    progress: impl Fn(f64) + Send + Sync + 'static,
) -> anyhow::Result<Vec<Chosen>> {
    let job = job.clone();
    let chosen = tokio::task::spawn_blocking(move || {
        let panels = panels(&job, &basis.studies, histories);
        let all = panels.iter().map(|panel| panel.series.len()).sum::<usize>().max(1) as f64;
        let mut chosen = Vec::new();
        for panel in panels {
            let standing = basis.rescore(&panel);
            let Panel { settings, series, histories, .. } = panel;
            let (done, part) = (chosen.len() as f64 / all, series.len() as f64 / all);
            let within = |share: f64| progress(done + share * part);
            let control = Control { stop: &stop, progress: &within };
            let choices = select::choose(&candidates, &histories, &settings, &control);
            let together = series.into_iter().zip(histories).zip(choices).zip(standing);
            for (((series, history), choice), standing) in together {
                chosen.push(Chosen { series, history, settings: settings.clone(), choice, standing });
            }
        }
        chosen
    });
    Ok(chosen.await?)
}

/// Keeps a trained forecaster in the registry and, if there is a reason to, lets it speak for the series.
///
/// # Errors
/// Those of the registry; the former champion stays then.
pub fn register(
    registry: &Registry,
    series: &SeriesKey,
    trained: Trained,
    history: &RegularSeries,
    settings: FitSettings,
    fitted_ms: i64,
    reason: Option<&str>,
) -> Result<Champion, RegistryError> {
    let description = Description {
        fitted_at_ms: fitted_ms,
        data: TimeRange::new(history.start_ms, history.origin_ms().unwrap_or(history.start_ms)),
        step_ms: history.step_ms,
        settings,
        score: trained.score,
        note: trained.note.clone(),
    };
    let version = registry.publish(series, trained.forecaster.as_ref(), description)?.version;
    if let Some(reason) = reason {
        registry.promote(series, &version, fitted_ms, reason)?;
    }
    let Trained { forecaster, note, score } = trained;
    Ok(Champion { version, forecaster, score, note, fitted_ms })
}
