//! Ensemble: the weighted mean of models that err differently, which errs less than any of them.
//!
//! The weights come from the errors that its members made on held-back days, see `training::weights`.

use super::autoregression::Autoregression;
use super::linear::Linear;
use super::lstm::Lstm;
use super::ridge::Ridge;
use super::trees::Trees;
use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Ensemble;

const NAME: &str = "ensemble";
/// The members.
const MEMBERS: [&dyn Model; 5] = [&Ridge, &Linear, &Autoregression, &Trees, &Lstm];

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

    /// Equal weights: those of use come from held-back days, and are learned where there are some.
    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let members: Vec<Vec<FitResult>> = MEMBERS.iter().map(|member| member.fit(panel, settings, control)).collect();
        let of_series = |index: usize| -> Result<Vec<Fit>, FitError> {
            members.iter().map(|fits| fits.get(index).cloned().unwrap_or(Err(FitError::Cancelled))).collect()
        };
        (0..panel.len()).map(|index| of_series(index).map(|fits| combine(&fits, &[1.0; MEMBERS.len()]))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let weights: BTreeMap<String, f64> = artifact.get(NAME)?;
        if weights.is_empty() || !weights.values().all(|weight| (0.0..=1.0).contains(weight)) {
            return Err(LoadError::Damaged("its weights are missing or not between 0 and 1".to_owned()));
        }
        let members: Result<Vec<_>, LoadError> = weights
            .into_iter()
            .map(|(name, weight)| {
                let member = MEMBERS.iter().find(|member| member.name() == name);
                let member = member.ok_or_else(|| LoadError::Damaged(format!("`{name}` is not a member of it")))?;
                Ok((member.load(artifact)?, weight))
            })
            .collect();
        Ok(Arc::new(Blend { members: members? }))
    }
}

/// The members' fits of one series as one. Members that a simpler model answers for do not take part; when it is so
/// for all of them, the first simpler model answers alone.
pub(crate) fn combine(fits: &[Fit], weights: &[f64]) -> Fit {
    let own = fits.iter().zip(weights).filter(|(fit, weight)| fit.note.is_none() && **weight > 0.0);
    let sum: f64 = own.clone().map(|(_, weight)| weight).sum();
    let mut members: Vec<(Arc<dyn Fitted>, f64)> =
        own.map(|(fit, weight)| (Arc::clone(&fit.fitted), weight / sum)).collect();
    // In the order in which they are read back: sums in another order differ in their last digit.
    members.sort_by_key(|(member, _)| member.model());
    match (members.is_empty(), fits.first()) {
        (true, Some(simpler)) => simpler.clone(),
        _ => Fit { fitted: Arc::new(Blend { members }), note: None },
    }
}

/// Fitted members and their weights.
struct Blend {
    members: Vec<(Arc<dyn Fitted>, f64)>,
}

impl Fitted for Blend {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        let cycles = self.members.iter().map(|(member, _)| member.cycle());
        cycles.max_by_key(Cycle::longest).unwrap_or(Cycle { short: 1, long: None })
    }

    fn memory(&self) -> usize {
        self.members.iter().map(|(member, _)| member.memory()).max().unwrap_or(0)
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        self.points(&[past], horizon).pop().unwrap_or_default()
    }

    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![0.0; horizon]; pasts.len()];
        for (member, weight) in &self.members {
            for (sum, row) in sums.iter_mut().zip(member.points(pasts, horizon)) {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        sums
    }

    fn save(&self, artifact: &mut Artifact) {
        let weights: BTreeMap<&str, f64> =
            self.members.iter().map(|(member, weight)| (member.model(), *weight)).collect();
        artifact.put(NAME, &weights);
        // Every member writes under its own name.
        self.members.iter().for_each(|(member, _)| member.save(artifact));
    }
}
