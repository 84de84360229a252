//! What a backtest runs on: the series of a file or a store, and the plan that fits them.

use super::Args;
use crate::exit::{InputError, UsageError};
use crate::runtime::collect::collect;
use crate::runtime::forecasting::fit;
use tidecast_connect::files::CsvSource;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::{RegularSeries, SeriesKey};
use tidecast_forecast::backtest::BacktestPlan;

/// Most steps of a series that a backtest looks at.
const STEPS_MAX: usize = 200_000;

/// Series of one step, all long enough for the plan.
pub(super) struct Input {
    pub(super) keys: Vec<SeriesKey>,
    pub(super) panel: Vec<RegularSeries>,
    pub(super) plan: BacktestPlan,
}

impl Input {
    /// Reads what the arguments name. Series that are too short are named on standard error and left out.
    pub(super) async fn read(args: &Args) -> anyhow::Result<Self> {
        let (keys, panel): (Vec<SeriesKey>, Vec<RegularSeries>) = read(args).await?.into_iter().unzip();
        let Some(first) = panel.first() else {
            let message = "no series with at least two samples; check the file or the selector".to_owned();
            return Err(InputError(message).into());
        };
        if let Some(other) = panel.iter().find(|series| series.step_ms != first.step_ms) {
            let steps = [first.step_ms, other.step_ms].map(|ms| DurationMs(ms).to_string());
            let message = format!("series have steps of {} and {}; backtest them apart", steps[0], steps[1]);
            return Err(UsageError(message).into());
        }
        let plan = plan(args, first);
        let (keys, panel) = long_enough(keys, panel, &plan)?;
        Ok(Self { keys, panel, plan })
    }
}

async fn read(args: &Args) -> anyhow::Result<Vec<(SeriesKey, RegularSeries)>> {
    let Some(input) = &args.input else {
        let store = args.target.open_existing()?;
        return Ok(fit::histories(&*store, &store.series(&args.selector).await?).await);
    };
    let mut source = CsvSource::open(input, args.csv.options(), None).await?;
    let columns = collect(&mut source).await?;
    let regular =
        columns.into_iter().filter_map(|(series, points)| Some((series, RegularSeries::infer(&points, STEPS_MAX)?)));
    Ok(regular.collect())
}

fn plan(args: &Args, series: &RegularSeries) -> BacktestPlan {
    let step_ms = series.step_ms;
    let horizon = args.horizon.steps(step_ms);
    let stride = args.stride.map_or(horizon, |stride| stride.steps(step_ms));
    BacktestPlan {
        horizon,
        stride,
        origins: args.origins,
        season: args.season.map_or_else(
            || {
                // Found in what was known at the first origin.
                let future = horizon.saturating_add(stride.saturating_mul(args.origins.saturating_sub(1)));
                let known = series.truncated(series.len().saturating_sub(future));
                tidecast_forecast::season::Cycle::of(&known, None).longest()
            },
            |season| season.steps(step_ms),
        ),
        refit_every: args.refit,
    }
}

/// Leaves out, and names, series that are too short for the plan.
fn long_enough(
    keys: Vec<SeriesKey>,
    panel: Vec<RegularSeries>,
    plan: &BacktestPlan,
) -> anyhow::Result<(Vec<SeriesKey>, Vec<RegularSeries>)> {
    let rolled = plan.origins.saturating_sub(1).saturating_mul(plan.stride);
    let needed = plan.horizon.saturating_add(rolled).saturating_add(plan.season);
    let (long, short): (Vec<_>, Vec<_>) = keys.into_iter().zip(panel).partition(|(_, series)| series.len() > needed);
    for (key, series) in &short {
        eprintln!("{key}: left out, {} values are not more than the {needed} that are needed", series.len());
    }
    if long.is_empty() {
        let message = format!(
            "no series has more than the {needed} values that are needed; take fewer origins, or a shorter horizon or season"
        );
        return Err(InputError(message).into());
    }
    Ok(long.into_iter().unzip())
}
