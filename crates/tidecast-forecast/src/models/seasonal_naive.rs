//! Seasonal naive: the next steps are as they were one season ago. The floor that every other model must beat, and
//! what answers where the history is too short for them.

use super::{Control, Fit, FitResult, FitSettings, Fitted, Model};
use crate::artifact::{Artifact, LoadError};
use crate::history::{Past, filled};
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct SeasonalNaive;

const NAME: &str = "seasonal_naive";

/// The season to copy from; with a season of 1 the last value goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Copy {
    cycle: Cycle,
    season: usize,
}

impl Model for SeasonalNaive {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        cycle.short + 1
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, _: &Control<'_>) -> Vec<FitResult> {
        panel.iter().map(|series| Ok(fit_one(series, settings, None))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let copy: Copy = artifact.get("seasonal_naive")?;
        if copy.season == 0 || copy.cycle.short == 0 {
            return Err(LoadError::Damaged("its season is 0 steps".to_owned()));
        }
        Ok(Arc::new(copy))
    }
}

/// Fits one series; `instead_of` names the model that the history is too short for, and how much it needs.
pub(super) fn fit_one(series: &RegularSeries, settings: &FitSettings, instead_of: Option<(&str, usize)>) -> Fit {
    let cycle = Cycle::of(series, settings.season);
    let season = match settings.season {
        Some(asked) if series.len() > asked && asked >= 1 => asked,
        _ => cycle.most_regular(&filled(series, cycle)),
    };
    let answer = if season > 1 { format!("the value {season} steps before") } else { "the last value".to_owned() };
    let note = match (instead_of, settings.season) {
        (Some((model, needed)), _) => Some(format!(
            "{model} needs {needed} values and the series has {}: {answer} is the forecast until there are more",
            series.len()
        )),
        (None, Some(asked)) if asked != season => Some(format!(
            "the series has {} values, fewer than its season of {asked}: {answer} is the forecast until there are more",
            series.len()
        )),
        _ => None,
    };
    Fit { fitted: Arc::new(Copy { cycle, season }), note }
}

impl Fitted for Copy {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.cycle
    }

    fn memory(&self) -> usize {
        self.season
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        let values = past.values;
        let season = &values[values.len().saturating_sub(self.season)..];
        season.iter().copied().cycle().take(horizon).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, self);
    }
}
