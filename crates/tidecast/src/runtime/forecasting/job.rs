//! What a standing forecast is asked for, and what that means for one series.

use std::sync::Arc;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::{RegularSeries, Selector};
use tidecast_forecast::holidays::Country;
use tidecast_forecast::models::FitSettings;

/// Most steps of one forecast; a longer horizon is cut, which bounds memory whatever the step of a series is.
const HORIZON_STEPS_MAX: usize = 10_000;

/// Everything random is seeded with this, so that the same data give the same models.
const SEED: u64 = 1;

/// Refits between two trainings of the slow candidates.
const REFITS_A_CHALLENGE: i64 = 7;

/// One standing forecast.
#[derive(Clone, Debug)]
pub struct ForecastJob {
    /// Its name.
    pub name: String,
    /// Which series it covers.
    pub selector: Selector,
    /// How far it looks ahead.
    pub horizon: DurationMs,
    /// How often it is made.
    pub every: DurationMs,
    /// Which model, or `auto`.
    pub model: String,
    /// Quantile levels, ascending.
    pub levels: Vec<f64>,
    /// How often models are fitted anew.
    pub refit: DurationMs,
    /// Length of the season; found from the data where absent.
    pub season: Option<DurationMs>,
    /// Whose public holidays the series keep, if any.
    pub holidays: Option<Country>,
    /// Series that help to forecast them, one a selector.
    pub covariates: Vec<Selector>,
    /// Those series, past and future, where they have been read.
    pub known_ahead: Arc<[RegularSeries]>,
}

impl ForecastJob {
    /// How many steps of a series the horizon covers, at least 1.
    #[must_use]
    pub fn horizon_steps(&self, step_ms: i64) -> usize {
        steps(self.horizon, step_ms).min(HORIZON_STEPS_MAX)
    }

    /// Least time between fits that drift asks for, ms: a quarter of the horizon shows how a new fit does.
    #[must_use]
    pub fn drift_pause_ms(&self) -> i64 {
        self.every.0.max(self.horizon.0 / 4)
    }

    /// How often slow models are trained anew, ms.
    #[must_use]
    pub fn challenge_ms(&self) -> i64 {
        self.refit.0.saturating_mul(REFITS_A_CHALLENGE)
    }

    /// What a fit of a series with this step is asked for.
    #[must_use]
    pub fn settings(&self, step_ms: i64) -> FitSettings {
        FitSettings {
            horizon: self.horizon_steps(step_ms),
            season: self.season.map(|season| steps(season, step_ms)),
            seed: SEED,
            holidays: self.holidays,
            covariates: Arc::clone(&self.known_ahead),
            covariate_names: self.covariates.iter().map(ToString::to_string).collect(),
            ..FitSettings::default()
        }
    }

    /// The season in which a series is compared with itself, in steps.
    #[must_use]
    pub fn season_steps(&self, series: &RegularSeries) -> usize {
        let asked = self.settings(series.step_ms).season;
        asked.unwrap_or_else(|| tidecast_forecast::season::Cycle::of(series, None).longest())
    }
}

/// Whole steps that cover a duration, at least 1.
fn steps(duration: DurationMs, step_ms: i64) -> usize {
    usize::try_from(duration.0.saturating_add(step_ms - 1) / step_ms.max(1)).unwrap_or(1).max(1)
}
