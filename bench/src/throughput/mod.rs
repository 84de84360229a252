//! How many series a CPU second serves: fits of the statistical models, and forecasts of a champion that is fitted.

mod champion;
mod statistical;

use crate::report::Report;

/// Measures both.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    champion::run(report)?;
    statistical::run(report)
}
