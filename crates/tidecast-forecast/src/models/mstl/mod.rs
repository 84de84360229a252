//! Decomposition for several seasons: day and week by local regression, each going on as in its last period, and
//! what is left by exponential smoothing without a season (MSTL, Bandara, Hyndman & Bergmeir, 2021).

mod loess;
mod stl;

use super::ets::smoothing::{Parameters, Smoothing, phase};
use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::artifact::{Artifact, LoadError};
use crate::history::{Past, filled};
use crate::parallel;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use stl::Stl;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Mstl;

const NAME: &str = "mstl";
/// Newest values that are decomposed, at least, and in the longest period.
const DECOMPOSED: usize = 8_192;
const DECOMPOSED_PERIODS: usize = 16;
/// Periods that the seasons of a day and of a week depend on: nearly the same in all of them, as in the paper's
/// software, and quick to change.
const SMOOTHNESS: [[usize; 2]; 3] = [[101, 101], [11, 15], [7, 101]];
/// Newest values on which the smoothness is chosen, the periods that must fit in, and how many forecasts are tried.
const TRIED: usize = 4_096;
const TRIED_PERIODS: usize = 8;
const TRIALS: usize = 2;

impl Model for Mstl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        FEWEST.max(2 * cycle.short)
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        parallel::map(panel, |series| {
            if control.stopped() {
                return Err(FitError::Cancelled);
            }
            let cycle = Cycle::of(series, settings.season);
            let needed = self.minimum_history(cycle);
            if cycle.short < 2 || series.len() < needed {
                let mut fit = seasonal_naive::fit_one(series, settings, Some((NAME, needed)));
                if series.len() >= needed {
                    fit.note = Some(format!("{NAME} found no season to take out: {} forecasts", fit.fitted.model()));
                }
                return Ok(fit);
            }
            let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
            let fitted = FittedMstl::new(&filled(series, cycle), first_step, cycle, settings.horizon);
            Ok(Fit { fitted: Arc::new(fitted), note: None })
        })
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let Saved { cycle, parameters } = artifact.get(NAME)?;
        let seasons = [artifact.get_f64("mstl.day")?, artifact.get_f64("mstl.week")?];
        if cycle.short == 0
            || seasons[0].len() != cycle.short
            || !(seasons[1].is_empty() || Some(seasons[1].len()) == cycle.long)
        {
            return Err(LoadError::Damaged("its seasons do not fit its cycle".to_owned()));
        }
        Ok(Arc::new(FittedMstl { cycle, rest: Smoothing { parameters, seasonal: Vec::new() }, seasons }))
    }
}

/// Fewest values, whatever the season.
const FEWEST: usize = 8;

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    cycle: Cycle,
    parameters: Parameters,
}

struct FittedMstl {
    cycle: Cycle,
    /// What goes on without the seasons.
    rest: Smoothing,
    /// Day and week, or the one season there is, by phase; empty where there is none.
    seasons: [Vec<f64>; 2],
}

impl FittedMstl {
    fn new(values: &[f64], first_step: i64, cycle: Cycle, horizon: usize) -> Self {
        let most = DECOMPOSED.max(DECOMPOSED_PERIODS * cycle.short).max(DECOMPOSED_PERIODS / 2 * cycle.longest());
        let (values, first_step) = newest(values, first_step, most);
        let smoothness = smoothness(values, first_step, cycle, horizon);
        Self::with(values, first_step, cycle, horizon, smoothness)
    }

    /// Fits with seasons of a given smoothness.
    fn with(values: &[f64], first_step: i64, cycle: Cycle, horizon: usize, smoothness: [usize; 2]) -> Self {
        let week = cycle.long.filter(|long| values.len() >= 2 * long && *long > cycle.short);
        let periods = [Some(cycle.short), week].into_iter().flatten();
        let decompositions: Vec<Stl> =
            periods.zip(smoothness).map(|(period, seasonal)| Stl { period, seasonal }).collect();
        let parts = stl::several(values, &decompositions);
        let rest = Smoothing::fit(&parts.adjusted, first_step, &[1], horizon);
        let next_step = first_step.saturating_add(i64::try_from(values.len()).unwrap_or(0));
        let mut seasons = [Vec::new(), Vec::new()];
        for (kept, (stl, season)) in seasons.iter_mut().zip(decompositions.iter().zip(&parts.seasons)) {
            *kept = season[season.len() - stl.period..].to_vec();
            // The last period starts at the phase of the next step.
            kept.rotate_right(phase(next_step, stl.period));
        }
        Self { cycle, rest, seasons }
    }

    /// The season of a step.
    fn season(&self, step: i64) -> f64 {
        self.seasons.iter().filter_map(|season| season.get(phase(step, season.len()))).sum()
    }
}

/// At most `most` of the newest values, and the step of the first of them.
fn newest(values: &[f64], first_step: i64, most: usize) -> (&[f64], i64) {
    let skipped = values.len().saturating_sub(most);
    (&values[skipped..], first_step.saturating_add(i64::try_from(skipped).unwrap_or(0)))
}

/// The smoothness of the seasons that would have forecast the newest values best, from what came before them.
fn smoothness(values: &[f64], first_step: i64, cycle: Cycle, horizon: usize) -> [usize; 2] {
    let [default, ..] = SMOOTHNESS;
    let (values, first_step) = newest(values, first_step, TRIED);
    let horizon = horizon.min(values.len() / (4 * TRIALS)).max(1);
    let known = values.len() - TRIALS * horizon;
    if cycle.short > TRIED / TRIED_PERIODS || known < FEWEST.max(TRIED_PERIODS / 2 * cycle.short) {
        return default;
    }
    let misses = |smoothness: &[usize; 2]| -> f64 {
        let trial = |trial: usize| {
            let (past, future) = values.split_at(known + trial * horizon);
            let next_step = first_step.saturating_add(i64::try_from(past.len()).unwrap_or(0));
            let past = Past { values: past, next_step, step_ms: 1 };
            let fitted = FittedMstl::with(past.values, first_step, cycle, horizon, *smoothness);
            let forecast = fitted.point(past, horizon);
            forecast.iter().zip(future).map(|(forecast, actual)| (forecast - actual).abs()).sum::<f64>()
        };
        (0..TRIALS).map(trial).sum()
    };
    let judged = SMOOTHNESS.iter().map(|smoothness| (misses(smoothness), *smoothness));
    judged.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(default, |(_, smoothness)| smoothness)
}

impl Fitted for FittedMstl {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.cycle
    }

    fn memory(&self) -> usize {
        self.rest.memory()
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        let recent = &past.values[past.values.len() - self.rest.looked_at(past.values.len(), past.next_step)..];
        let first_step = past.next_step.saturating_sub(i64::try_from(recent.len()).unwrap_or(0));
        let adjusted: Vec<f64> = (first_step..).zip(recent).map(|(step, value)| value - self.season(step)).collect();
        let rest = self.rest.forecast(&adjusted, past.next_step, horizon);
        (past.next_step..).zip(rest).map(|(step, value)| value + self.season(step)).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &Saved { cycle: self.cycle, parameters: self.rest.parameters });
        artifact.put_f64("mstl.day", &self.seasons[0]);
        artifact.put_f64("mstl.week", &self.seasons[1]);
    }
}
