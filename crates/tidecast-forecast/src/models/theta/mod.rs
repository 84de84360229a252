//! Theta: standard, optimised and dynamic, whichever has the least in-sample error, after seasonal adjustment
//! (Assimakopoulos & Nikolopoulos, *International Journal of Forecasting*, 2000; Fiorucci et al., ibid., 2016).

mod line;
mod season;

use super::ets::LONGEST;
use super::ets::classical;
use super::ets::form::Season;
use super::ets::smoothing::{memory, phase};
use super::one_by_one::{self, Known};
use super::{Control, FitResult, FitSettings, Fitted, Model};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use line::ThetaLine;
use season::Adjustment;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Theta;

const NAME: &str = "theta";
/// Fewest values, whatever the season.
const FEWEST: usize = 8;
/// Newest values that are fitted, at least, and in periods.
const FITTED: usize = 4_096;
const FITTED_PERIODS: usize = 14;

impl Model for Theta {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        if cycle.short > 1 { FEWEST.max(2 * cycle.short + 1) } else { FEWEST }
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        one_by_one::fit(self, panel, settings, control, |Known { values, first_step, cycle, horizon }| {
            Arc::new(FittedTheta::new(&values, first_step, cycle, horizon))
        })
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let parameters: Parameters = artifact.get(NAME)?;
        let seasonal = artifact.get_f64("theta.seasonal")?;
        if parameters.cycle.short == 0
            || !(seasonal.is_empty()
                || [Some(parameters.cycle.short), parameters.cycle.long].contains(&Some(seasonal.len())))
        {
            return Err(LoadError::Damaged("its season does not fit its cycle".to_owned()));
        }
        Ok(Arc::new(FittedTheta { parameters, seasonal }))
    }
}

/// Small parameters as saved.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Parameters {
    cycle: Cycle,
    season: Season,
    line: ThetaLine,
    /// The first step that the line has not seen.
    next_step: i64,
}

struct FittedTheta {
    parameters: Parameters,
    /// By phase: steps since the epoch modulo its length. Empty without a season.
    seasonal: Vec<f64>,
}

impl FittedTheta {
    fn new(values: &[f64], first_step: i64, cycle: Cycle, horizon: usize) -> Self {
        let fitted = values.len().min(FITTED.max(FITTED_PERIODS * cycle.short));
        let skipped = values.len() - fitted;
        let first_step = first_step.saturating_add(i64::try_from(skipped).unwrap_or(0));
        let values = &values[skipped..];
        let periods: Vec<usize> =
            [Some(cycle.short), cycle.long.filter(|long| *long <= LONGEST)].into_iter().flatten().collect();
        let Adjustment { kind: season, mut seasonal, values, factors } = Adjustment::best(values, &periods, horizon);
        let line = ThetaLine::fit(&values, &factors, horizon);
        let length = seasonal.len();
        seasonal.rotate_right(phase(first_step, length).min(length));
        let next_step = first_step.saturating_add(i64::try_from(fitted).unwrap_or(0));
        Self { parameters: Parameters { cycle, season, line, next_step }, seasonal }
    }

    /// The newest `count` values without their season.
    fn adjusted(&self, past: Past<'_>, count: usize) -> Vec<f64> {
        let recent = &past.values[past.values.len().saturating_sub(count)..];
        let first_step = past.next_step.saturating_sub(i64::try_from(recent.len()).unwrap_or(0));
        let mut seasonal = self.seasonal.clone();
        let first = phase(first_step, seasonal.len());
        seasonal.rotate_left(first);
        classical::adjusted(recent, &seasonal, self.parameters.season)
    }

    /// The line after the past: gone on from where it was fitted where the past reaches back to that, otherwise from
    /// the mean of the oldest of the newest values.
    fn line(&self, past: Past<'_>) -> ThetaLine {
        let mut line = self.parameters.line;
        let most = self.memory().min(past.values.len());
        let elapsed = past.next_step.saturating_sub(self.parameters.next_step);
        let new = match usize::try_from(elapsed) {
            Ok(elapsed) if elapsed <= most => self.adjusted(past, elapsed),
            _ => {
                let recent = self.adjusted(past, most);
                let oldest = &recent[..recent.len().div_ceil(4)];
                if !oldest.is_empty() {
                    line.level = oldest.iter().sum::<f64>() / oldest.len() as f64;
                }
                recent
            }
        };
        new.iter().for_each(|value| line.push(*value));
        line
    }
}

impl Fitted for FittedTheta {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.parameters.cycle
    }

    fn memory(&self) -> usize {
        memory(self.parameters.line.smoothing)
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        let forecast = self.line(past).forecast(horizon);
        let length = self.seasonal.len().max(1);
        let first = phase(past.next_step, length);
        let seasoned = |(ahead, value): (usize, f64)| match (
            self.parameters.season,
            self.seasonal.get((first + ahead) % length),
        ) {
            (Season::None, _) | (_, None) => value,
            (Season::Additive, Some(season)) => value + season,
            (Season::Multiplicative, Some(season)) => value * season,
        };
        forecast.into_iter().enumerate().map(seasoned).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &self.parameters);
        artifact.put_f64("theta.seasonal", &self.seasonal);
    }
}
