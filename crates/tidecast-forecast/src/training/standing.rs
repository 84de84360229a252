//! Scores of what is not about to be used: champions on days after their fit, and settings on days before the held-back
//! part.

use super::prepared::Prepared;
use super::rollout::Rollout;
use crate::artifact::Artifact;
use crate::models::{self, Control, FitError, FitSettings, Model};
use crate::parallel;
use crate::score::Score;
use tidecast_core::series::RegularSeries;

/// How the parameters of saved forecasters do on the held-back parts of their series, which may be longer than those they
/// were fitted on: what a standing champion is compared by with fits of today. `None` where there is no forecaster, it
/// cannot be read by this build, or the history is too short to tell.
#[must_use]
pub fn rescore(saved: &[Option<Vec<u8>>], panel: &[RegularSeries], settings: &FitSettings) -> Vec<Option<Score>> {
    let together: Vec<_> = saved.iter().zip(panel).collect();
    parallel::map(&together, |(saved, series)| {
        let artifact = Artifact::decode(saved.as_ref()?).ok()?;
        let fitted = models::by_name(artifact.model()).ok()?.load(&artifact).ok()?;
        let one = Prepared::new(series, settings).filter(|_| settings.horizon > 0)?;
        one.score(&Rollout::new(&one, fitted.as_ref(), settings), settings)
    })
}

/// How a model does with some settings on the newest part of what was known before the held-back part, which it does
/// not see: choosing settings by these scores leaves the held-back part honest. One result per series; `None` where the
/// history is too short.
pub fn validate(
    model: &dyn Model,
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Result<Option<Score>, FitError>> {
    if settings.horizon == 0 {
        return panel.iter().map(|_| Err(FitError::NoHorizon)).collect();
    }
    let prepare = |series: &RegularSeries| {
        let one = Prepared::new(series, settings)?;
        let past = one.past();
        let values = (0..past.len()).map(|index| one.actual(index)).collect();
        Prepared::new(&RegularSeries { values, ..past }, settings)
    };
    let prepared: Vec<Option<Prepared>> = parallel::map(panel, prepare);
    let usable: Vec<&Prepared> = prepared.iter().flatten().collect();
    let past: Vec<RegularSeries> = usable.iter().map(|one| one.past()).collect();
    let fits = model.fit(&past, settings, control);
    let together: Vec<_> = usable.into_iter().zip(fits).collect();
    let scores = parallel::map(&together, |(one, fit)| {
        let fit = fit.as_ref().map_err(Clone::clone)?;
        Ok(one.score(&Rollout::new(one, fit.fitted.as_ref(), settings), settings))
    });
    let mut scores = scores.into_iter();
    let mut next = || scores.next().unwrap_or(Err(FitError::Cancelled));
    prepared.iter().map(|one| one.as_ref().map_or(Err(FitError::NoValues), |_| next())).collect()
}
