//! Ensemble: the weighted mean of ridge regression and LSTM. They err differently, and the mean errs less than either.
//!
//! The weights are fixed: chosen once on bundled meters, on days that no benchmark looks at. Weights learned per series
//! from a few weeks are mostly noise, which is why equal or fixed ones are hard to beat (Timmermann, *Forecast
//! combinations*, 2006, section 7.1).

use super::lstm::Lstm;
use super::ridge::Ridge;
use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model};
use crate::artifact::{Artifact, LoadError};
use crate::history::History;
use crate::season::Cycle;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Ensemble;

const NAME: &str = "ensemble";
/// The members.
const MEMBERS: [&dyn Model; 2] = [&Ridge, &Lstm];
/// The weights of the members.
const WEIGHTS: [f64; 2] = [2.0 / 3.0, 1.0 / 3.0];

impl Model for Ensemble {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        MEMBERS.iter().any(|member| member.is_iterative())
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        MEMBERS.iter().map(|member| member.minimum_history(cycle)).max().unwrap_or(0)
    }

    fn members(&self) -> &'static [&'static dyn Model] {
        &MEMBERS
    }

    fn fit(
        &self,
        panel: &[RegularSeries],
        members: &[&[FitResult]],
        _: &FitSettings,
        _: &Control<'_>,
    ) -> Vec<FitResult> {
        let of_series = |index: usize| -> Result<Vec<Fit>, FitError> {
            members.iter().map(|fits| fits.get(index).cloned().unwrap_or(Err(FitError::Cancelled))).collect()
        };
        (0..panel.len()).map(|index| of_series(index).map(combine)).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let weights: [f64; MEMBERS.len()] = artifact.get(NAME)?;
        if !weights.iter().all(|weight| (0.0..=1.0).contains(weight)) {
            return Err(LoadError::Damaged("its weights are not between 0 and 1".to_owned()));
        }
        let members: Result<Vec<_>, _> = MEMBERS.iter().map(|member| member.load(artifact)).collect();
        Ok(Arc::new(Blend { members: members?, weights }))
    }
}

/// The members' fits of one series as one; where a member was not possible, what answers in its place answers alone.
fn combine(members: Vec<Fit>) -> Fit {
    if let Some(simpler) = members.iter().find(|fit| fit.note.is_some()) {
        return simpler.clone();
    }
    let members = members.into_iter().map(|fit| fit.fitted).collect();
    Fit { fitted: Arc::new(Blend { members, weights: WEIGHTS }), note: None }
}

/// Fitted members and their weights.
struct Blend {
    members: Vec<Arc<dyn Fitted>>,
    weights: [f64; MEMBERS.len()],
}

impl Fitted for Blend {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        let cycles = self.members.iter().map(|member| member.cycle());
        cycles.max_by_key(Cycle::longest).unwrap_or(Cycle { short: 1, long: None })
    }

    fn memory(&self) -> usize {
        self.members.iter().map(|member| member.memory()).max().unwrap_or(0)
    }

    fn point(&self, history: &History, horizon: usize) -> Vec<f64> {
        let mut sum = vec![0.0; horizon];
        for (member, weight) in self.members.iter().zip(self.weights) {
            for (sum, value) in sum.iter_mut().zip(member.point(history, horizon)) {
                *sum += weight * value;
            }
        }
        sum
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &self.weights);
        // Every member writes under its own name.
        self.members.iter().for_each(|member| member.save(artifact));
    }
}
