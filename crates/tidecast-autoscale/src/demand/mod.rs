//! The forecast of demand that replicas are planned by.
//!
//! What matters to a workload is not the next value but the greatest one before new replicas could be ready. A
//! [`DemandPlanner`] forecasts just that, minute by minute, with many simple forecasters at once, and measures for each of
//! them which margin above it would have kept past demand within capacity: in effect, with pods that take their time to
//! start, not forecast by forecast. The cheapest that keep the declared budget are followed together, and what comes of it
//! corrects how much of the budget is planned with. Forecasters that only look at present demand compete too: where the future
//! cannot be told from the past, reacting wins, and the forecast does not act.
//!
//! All state is bounded and updated in place: a minute of one workload takes microseconds, whatever the history's length.

mod centers;
mod features;
mod history;
mod margins;
mod planner;
mod regression;

pub(crate) use planner::HORIZON_MAX;
pub use planner::{DemandPlanner, Plan, Source};

/// Minutes of a day.
const DAY: usize = 1_440;

/// Minutes of a week.
const WEEK: usize = 7 * DAY;
