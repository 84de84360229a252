//! Tuning the models of a job: the search of `tidecast-forecast` within a budget of time, every trial kept in the
//! registry as soon as it is made.

use super::Forecasting;
use super::fit;
use super::studies::Studies;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{Control, FitSettings, Model};
use tidecast_forecast::registry::{Registry, RegistryError, Scope, Study};
use tidecast_forecast::select;
use tidecast_forecast::tune::{self, Finding, Trial};

/// Series that are read to judge settings on, spread evenly over those that match.
const SERIES_READ_MAX: usize = 128;

/// What tuning came to for one model over series of one step.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    /// The model.
    pub model: String,
    /// Distance between values, ms.
    pub step_ms: i64,
    /// Series that settings were judged on.
    pub series: usize,
    /// What was found; `None` where the histories are too short, or the budget was for even one trial.
    pub finding: Option<Finding>,
    /// How long it took now, s; trials made earlier cost nothing.
    pub wall_s: f64,
}

impl Forecasting {
    /// Searches the settings of the job's models on the past of the series that match, for about `budget` in all; later
    /// fits use what was found. A search that was interrupted, or ran out of time, goes on where it stopped as long as
    /// it is asked on the same day of the same data.
    ///
    /// # Errors
    /// Those of store and registry; trials made until then are kept.
    pub async fn tune(&mut self, budget: Duration) -> anyhow::Result<Vec<Tuning>> {
        let summaries = self.summaries().await?;
        let every = summaries.len().div_ceil(SERIES_READ_MAX).max(1);
        let spread: Vec<_> = summaries.into_iter().step_by(every).collect();
        let mut panels: BTreeMap<i64, Vec<RegularSeries>> = BTreeMap::new();
        for (_, history) in fit::histories(&*self.store, &spread).await {
            panels.entry(history.step_ms).or_default().push(history);
        }
        let models = tunable(&self.job.model)?;
        let job = self.job.with_covariates(&*self.store).await?;
        let started = Instant::now();
        let mut left = panels.len() * models.len();
        let made = Arc::new(AtomicU64::new(0));
        let all = panels.len() as u64 * models.iter().map(|model| tune::trials_max(*model) as u64).sum::<u64>();
        let mut tunings = Vec::new();
        for (step_ms, panel) in panels {
            let settings = job.settings(step_ms);
            let mut task = Task::new(&self.registry, self.job.selector.to_string(), step_ms, &panel, settings).await?;
            for &model in &models {
                let share = budget.saturating_sub(started.elapsed()) / u32::try_from(left.max(1)).unwrap_or(u32::MAX);
                left = left.saturating_sub(1);
                let begun = Instant::now();
                let stop = Arc::new(AtomicBool::new(false));
                let timer = tokio::spawn(stop_after(share, Arc::clone(&stop)));
                let (registry, live, made) = (Arc::clone(&self.registry), self.live.clone(), Arc::clone(&made));
                let now_ms = self.live.now_ms();
                let count = move || live.show_progress("tune", made.fetch_add(1, Ordering::Relaxed) + 1, Some(all));
                let done = tokio::task::spawn_blocking(move || {
                    let finding = task.search(model, &registry, now_ms, &stop, &count);
                    (task, finding)
                });
                let (back, finding) = done.await?;
                timer.abort();
                task = back;
                tunings.push(Tuning {
                    model: model.name().to_owned(),
                    step_ms,
                    series: task.sample.len(),
                    finding: finding?,
                    wall_s: begun.elapsed().as_secs_f64(),
                });
            }
        }
        let registry = Arc::clone(&self.registry);
        self.studies = Arc::new(tokio::task::spawn_blocking(move || Studies::load(&registry)).await?);
        self.live.update_status(|status| status.progress = None);
        Ok(tunings)
    }
}

/// The models that a name stands for and those they combine, as far as they have settings; fast ones first.
fn tunable(name: &str) -> anyhow::Result<Vec<&'static dyn Model>> {
    let mut models: Vec<&'static dyn Model> = Vec::new();
    for candidate in select::candidates(name)? {
        for model in candidate.members().iter().copied().chain([candidate]) {
            if !model.knobs().is_empty() && models.iter().all(|have| have.name() != model.name()) {
                models.push(model);
            }
        }
    }
    models.sort_by_key(|model| model.is_slow());
    Ok(models)
}

async fn stop_after(time: Duration, stop: Arc<AtomicBool>) {
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
}

/// Series of one step, and what has been tried on them.
struct Task {
    sample: Vec<RegularSeries>,
    settings: FitSettings,
    study: Study,
}

impl Task {
    /// Goes on with the study of an earlier run if it was of the same data.
    async fn new(
        registry: &Arc<Registry>,
        selector: String,
        step_ms: i64,
        panel: &[RegularSeries],
        settings: FitSettings,
    ) -> anyhow::Result<Self> {
        let scope = Scope { selector, step_ms, horizon: settings.horizon, season: settings.season };
        let registry = Arc::clone(registry);
        let studies = tokio::task::spawn_blocking(move || registry.studies()).await??;
        let sample = tune::sample(panel, settings.season);
        let fingerprint = tune::fingerprint(&sample, &settings);
        let known = studies.into_iter().find(|study| study.scope == scope);
        let mut study = known.unwrap_or_else(|| Study::new(scope));
        if study.fingerprint != fingerprint {
            study.trials.clear();
            study.fingerprint = fingerprint;
        }
        study.series = sample.len();
        Ok(Self { sample, settings, study })
    }

    /// Searches one model; blocks for as long as that takes.
    fn search(
        &mut self,
        model: &dyn Model,
        registry: &Registry,
        now_ms: i64,
        stop: &AtomicBool,
        count: &dyn Fn(),
    ) -> Result<Option<Finding>, RegistryError> {
        let known = self.study.trials.clone();
        let study = &mut self.study;
        study.updated_ms = now_ms;
        let mut failed = None;
        let mut keep = |trial: Trial| {
            study.trials.push(trial);
            if let Err(error) = registry.put_study(study) {
                // What cannot be kept is not worth going on for.
                stop.store(true, Ordering::Relaxed);
                failed = Some(error);
            }
            count();
        };
        let control = Control { stop, progress: &|_| () };
        let finding = tune::search(model, &self.sample, &self.settings, &known, &mut keep, &control);
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(finding) = &finding {
            self.study.findings.insert(model.name().to_owned(), finding.clone());
            registry.put_study(&self.study)?;
        }
        Ok(finding)
    }
}
