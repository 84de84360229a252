//! The flags that name what is known about the future beside the past: public holidays and covariates.

use crate::exit::InputError;
use std::sync::Arc;
use tidecast_core::series::{RegularSeries, Selector, SeriesKey};
use tidecast_forecast::holidays::Country;

/// What is known ahead.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Known ahead")]
pub(crate) struct KnownFlags {
    /// Country whose public holidays the series keep, such as GB
    #[arg(long, value_name = "COUNTRY")]
    pub(super) holidays: Option<Country>,

    /// A series that helps to forecast the others and reaches into the future, such as a forecast temperature; repeatable
    #[arg(long = "covariate", value_name = "SELECTOR")]
    pub(super) covariates: Vec<Selector>,
}

impl KnownFlags {
    /// Whether a series is a covariate, and so not to be forecast.
    pub(super) fn is_covariate(&self, series: &SeriesKey) -> bool {
        self.covariates.iter().any(|selector| selector.matches(series))
    }

    /// Takes the covariates out of a panel: the first that each selector matches.
    ///
    /// # Errors
    /// When a selector matches none.
    pub(super) fn take(&self, panel: &mut Vec<(SeriesKey, RegularSeries)>) -> Result<Arc<[RegularSeries]>, InputError> {
        let first = |selector: &Selector| {
            let found = panel.iter().find(|(series, _)| selector.matches(series));
            let missing =
                || InputError(format!("no series matches the covariate {selector}; check its name and labels"));
            found.map(|(_, values)| values.clone()).ok_or_else(missing)
        };
        let known: Result<Vec<RegularSeries>, InputError> = self.covariates.iter().map(first).collect();
        panel.retain(|(series, _)| !self.is_covariate(series));
        known.map(Arc::from)
    }
}
