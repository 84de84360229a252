//! How well quantiles cover what came, beside LightGBM's quantile regression on the same forecasts.

use super::lower;
use crate::peer;
use crate::report::Report;
use std::ffi::OsString;

/// Levels of the 80 % and the 90 % interval, and the median.
pub(super) const LEVELS: [f64; 5] = [0.05, 0.1, 0.5, 0.9, 0.95];
/// Points that the coverage of all series together, and of any one of them, may be off.
const POOLED_POINTS: f64 = 2.0;
const SERIES_POINTS: f64 = 6.0;

/// What is known of one series.
#[derive(Default)]
struct Tally {
    values: f64,
    inside_80: f64,
    inside_90: f64,
    /// Sum of the mean pinball loss, in units of the series' scale.
    loss: f64,
}

/// Sums over the forecasts of a panel.
pub(super) struct Intervals(Vec<Tally>);

/// The share of a series' values inside an interval.
type Covered = fn(&Tally) -> f64;

impl Intervals {
    pub(super) fn of(series: usize) -> Self {
        Self((0..series).map(|_| Tally::default()).collect())
    }

    /// Takes a forecast of one series: a row for each of [`LEVELS`].
    pub(super) fn add(&mut self, series: usize, scale: f64, actual: &[f64], quantiles: &[Vec<f64>]) {
        let tally = &mut self.0[series];
        for (step, actual) in actual.iter().enumerate() {
            let at = |level: usize| quantiles[level][step];
            tally.values += 1.0;
            tally.inside_80 += f64::from(u8::from((at(1)..=at(3)).contains(actual)));
            tally.inside_90 += f64::from(u8::from((at(0)..=at(4)).contains(actual)));
            let losses = LEVELS.iter().enumerate().map(|(index, level)| {
                let error = actual - at(index);
                if error >= 0.0 { level * error } else { (level - 1.0) * error }
            });
            tally.loss += losses.sum::<f64>() / LEVELS.len() as f64 / scale;
        }
    }

    /// Adds the figures to a report. `each` says whether there are enough forecasts of every series to judge it alone.
    pub(super) fn report(
        &self,
        report: &mut Report,
        data: &str,
        script: &[OsString],
        each: bool,
    ) -> anyhow::Result<()> {
        let peer = peer::run("lightgbm_quantiles.py", "lightgbm pandas numpy", script)?;
        let of_peer = |name: &str| peer.first().map(|answer| peer::number(answer, name)).transpose();
        let mean = |value: &dyn Fn(&Tally) -> f64| self.0.iter().map(value).sum::<f64>() / self.0.len() as f64;
        let nominal: [(&str, f64, Covered); 2] =
            [("80", 0.8, |one| one.inside_80 / one.values), ("90", 0.9, |one| one.inside_90 / one.values)];
        for (name, level, covered) in nominal {
            let theirs = of_peer(&format!("coverage_{name}"))?.map(|value| ("LightGBM", 100.0 * (value - level).abs()));
            let pooled = 100.0 * (mean(&covered) - level).abs();
            report.add(lower(
                &format!("{name} % intervals of {data}: coverage off by"),
                pooled,
                "points",
                Some(POOLED_POINTS),
                theirs,
            ));
            if each {
                let theirs = of_peer(&format!("furthest_{name}"))?.map(|value| ("LightGBM", 100.0 * value));
                let furthest = self.0.iter().map(|one| 100.0 * (covered(one) - level).abs()).fold(0.0, f64::max);
                let what = format!("{name} % intervals of {data}: coverage of the worst series off by");
                report.add(lower(&what, furthest, "points", Some(SERIES_POINTS), theirs));
            }
        }
        let theirs = of_peer("pinball")?;
        report.add(lower(
            &format!("quantiles of {data}: pinball loss"),
            mean(&|one| one.loss / one.values),
            "",
            theirs,
            theirs.map(|value| ("LightGBM", value)),
        ));
        Ok(())
    }
}
