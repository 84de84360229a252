//! Exponential smoothing: error, trend and season, each additive or multiplicative where the values allow, chosen by
//! AICc for each series (Hyndman, Koehler, Ord & Snyder, *Forecasting with Exponential Smoothing*, 2008).

pub(crate) mod classical;
pub(crate) mod criterion;
mod filter;
pub(crate) mod form;
mod initial;
pub(crate) mod lanes;
pub(crate) mod simplex;
pub(crate) mod smoothing;

use super::one_by_one::{self, Known};
use super::{Control, FitResult, FitSettings, Fitted, Model};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use smoothing::{Parameters, Smoothing};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Ets;

const NAME: &str = "ets";
/// Longest season that competes with the shorter one: five minutes in a week. Longer ones rarely repeat often enough.
pub(crate) const LONGEST: usize = 2_016;
/// Fewest values, whatever the season.
const FEWEST: usize = 8;

impl Model for Ets {
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
            let periods: Vec<usize> =
                [Some(cycle.short), cycle.long.filter(|long| *long <= LONGEST)].into_iter().flatten().collect();
            Arc::new(FittedEts { cycle, smoothing: Smoothing::fit(&values, first_step, &periods, horizon) })
        })
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let Saved { cycle, parameters } = artifact.get(NAME)?;
        let seasonal = artifact.get_f64("ets.seasonal")?;
        if cycle.short == 0 || !(seasonal.is_empty() || [Some(cycle.short), cycle.long].contains(&Some(seasonal.len())))
        {
            return Err(LoadError::Damaged("its season does not fit its cycle".to_owned()));
        }
        Ok(Arc::new(FittedEts { cycle, smoothing: Smoothing { parameters, seasonal } }))
    }
}

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    cycle: Cycle,
    parameters: Parameters,
}

struct FittedEts {
    cycle: Cycle,
    smoothing: Smoothing,
}

impl Fitted for FittedEts {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.cycle
    }

    fn memory(&self) -> usize {
        self.smoothing.memory()
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        self.smoothing.forecast(past.values, past.next_step, horizon)
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &Saved { cycle: self.cycle, parameters: self.smoothing.parameters });
        artifact.put_f64("ets.seasonal", &self.smoothing.seasonal);
    }
}
