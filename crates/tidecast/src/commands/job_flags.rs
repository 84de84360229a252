//! The flags that describe a forecast, the same wherever one is made.

use super::known_flags::KnownFlags;
use crate::runtime::forecasting::ForecastJob;
use std::sync::Arc;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::Selector;
use tidecast_forecast::select;

/// What to forecast.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Forecast")]
pub(crate) struct JobFlags {
    /// How far ahead
    #[arg(long, default_value = "1d")]
    horizon: DurationMs,

    /// Model, or auto for the best per series
    #[arg(long, default_value = select::AUTO)]
    pub(super) model: String,

    /// Quantile levels, ascending, each above 0 and below 1
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.5,0.9", value_parser = level)]
    quantiles: Vec<f64>,

    /// Length of the season [default: found from the data]
    #[arg(long)]
    season: Option<DurationMs>,

    #[command(flatten)]
    pub(super) known: KnownFlags,
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(level) if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err(format!("`{text}` is no quantile; write a number above 0 and below 1, such as 0.9")),
    }
}

impl JobFlags {
    /// The job over the series that match.
    pub(crate) fn job(&self, selector: Selector) -> ForecastJob {
        let mut levels = self.quantiles.clone();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        ForecastJob {
            name: "command".to_owned(),
            selector,
            horizon: self.horizon,
            every: self.horizon,
            model: self.model.clone(),
            levels,
            refit: self.horizon,
            season: self.season,
            holidays: self.known.holidays,
            covariates: self.known.covariates.clone(),
            known_ahead: Arc::default(),
        }
    }
}
