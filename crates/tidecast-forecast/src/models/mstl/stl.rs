//! Season and trend of a series by local regression (STL, Cleveland et al., *Journal of Official Statistics*, 1990),
//! and for several seasons in turn (MSTL, Bandara, Hyndman & Bergmeir, 2021).

use super::loess::{Kernel, Loess, Smoother};

/// Rounds over several seasons.
const ROUNDS: usize = 2;
/// Passes over season and trend, as in R's `stl`.
const PASSES: usize = 2;
/// Places in each of its windows where a slow smooth is computed; between them it is interpolated.
const PLACES: usize = 6;

/// Smoothing of one period's season and of the trend under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stl {
    /// Values in a period.
    pub(super) period: usize,
    /// Periods that the season of a phase depends on; odd.
    pub(super) seasonal: usize,
}

/// The parts of a series; they sum to it with what is left.
pub(super) struct Parts {
    /// The seasons, one row for each period.
    pub(super) seasons: Vec<Vec<f64>>,
    /// Values without the seasons.
    pub(super) adjusted: Vec<f64>,
}

/// Takes the seasons of several periods out of a series in turn, twice over where there are several. The shortest comes first.
pub(super) fn several(values: &[f64], seasons: &[Stl]) -> Parts {
    let mut parts = Parts { seasons: vec![vec![0.0; values.len()]; seasons.len()], adjusted: values.to_vec() };
    let mut work = Work::default();
    let plans: Vec<Plan> = seasons.iter().map(|stl| Plan::new(*stl, values.len())).collect();
    for _ in 0..seasons.len().min(ROUNDS) {
        for (plan, season) in plans.iter().zip(&mut parts.seasons) {
            parts.adjusted.iter_mut().zip(&*season).for_each(|(value, season)| *value += season);
            plan.decompose(&parts.adjusted, season, &mut work);
            parts.adjusted.iter_mut().zip(&*season).for_each(|(value, season)| *value -= season);
        }
    }
    parts
}

/// Vectors reused between decompositions.
#[derive(Default)]
struct Work {
    trend: Vec<f64>,
    detrended: Vec<f64>,
    cycles: Vec<f64>,
    once: Vec<f64>,
    twice: Vec<f64>,
    low: Vec<f64>,
}

impl Stl {
    /// Smallest odd number of values that the trend depends on without taking up the season (ibid., section 3.4).
    fn trend_window(self) -> usize {
        let seasonal = self.seasonal as f64;
        odd((1.5 * self.period as f64 / (1.0 - 1.5 / seasonal)).ceil() as usize)
    }

    /// Kernels for the values of one phase, of which there are `count`, and one place beyond either end.
    fn kernels(self, count: usize) -> Vec<Kernel> {
        let loess = Loess { window: self.seasonal, is_linear: false, jump: 1 };
        if count == 0 {
            Vec::new()
        } else {
            (0..count + 2).map(|place| loess.kernel(place as f64 - 1.0, count)).collect()
        }
    }
}

/// What a decomposition of one length and period needs, computed once.
struct Plan {
    stl: Stl,
    /// For phases that have a value fewer, and for the others.
    cycles: [Vec<Kernel>; 2],
    low: Smoother,
    trend: Smoother,
}

impl Plan {
    fn new(stl: Stl, count: usize) -> Self {
        let slow =
            |window: usize| Smoother::new(Loess { window, is_linear: true, jump: window.div_ceil(PLACES) }, count);
        let cycles = count / stl.period;
        Self {
            stl,
            cycles: [stl.kernels(cycles), stl.kernels(cycles + 1)],
            low: slow(odd(stl.period + 1)),
            trend: slow(stl.trend_window()),
        }
    }

    /// Puts the season of `values`, at least two periods of them, into `season`.
    fn decompose(&self, values: &[f64], season: &mut [f64], work: &mut Work) {
        work.trend.clear();
        work.trend.resize(values.len(), 0.0);
        for _ in 0..PASSES {
            work.detrended.clear();
            work.detrended.extend(values.iter().zip(&work.trend).map(|(value, trend)| value - trend));
            self.smooth_cycles(&work.detrended, &mut work.cycles);
            moving_mean(&work.cycles, self.stl.period, &mut work.once);
            moving_mean(&work.once, self.stl.period, &mut work.twice);
            moving_mean(&work.twice, 3, &mut work.once);
            self.low.smooth(&work.once, &mut work.low);
            let cycles = &work.cycles[self.stl.period..];
            season
                .iter_mut()
                .zip(cycles.iter().zip(&work.low))
                .for_each(|(season, (cycle, low))| *season = cycle - low);
            work.detrended.clear();
            work.detrended.extend(values.iter().zip(&*season).map(|(value, season)| value - season));
            self.trend.smooth(&work.detrended, &mut work.trend);
        }
    }

    /// Smooths the values of each phase, all phases of a period side by side; a period longer at both ends.
    fn smooth_cycles(&self, values: &[f64], smooth: &mut Vec<f64>) {
        let period = self.stl.period;
        smooth.clear();
        smooth.resize(values.len() + 2 * period, 0.0);
        // The first phases have a value more than the others.
        let longer = values.len() % period;
        for (kernels, phases) in [(&self.cycles[1], 0..longer), (&self.cycles[0], longer..period)] {
            for (cycle, kernel) in kernels.iter().enumerate() {
                let row = &mut smooth[cycle * period..][phases.clone()];
                for (at, weight) in kernel.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    let values = &values[(kernel.first + at) * period..][phases.clone()];
                    row.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                }
            }
        }
    }
}

/// The next odd number.
const fn odd(number: usize) -> usize {
    number | 1
}

/// Means of `width` neighbours, `width - 1` fewer than there are values.
fn moving_mean(values: &[f64], width: usize, means: &mut Vec<f64>) {
    means.clear();
    let Some((first, _)) = values.split_at_checked(width) else { return };
    let mut sum: f64 = first.iter().sum();
    means.push(sum / width as f64);
    for (entering, leaving) in values[width..].iter().zip(values) {
        sum += entering - leaving;
        means.push(sum / width as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 38] = [
        12.0, 10.141, 10.343, 10.309, 13.109, 9.743, 14.641, 11.1, 13.741, 10.443, 14.909, 13.209, 14.843, 13.741,
        14.7, 13.841, 15.043, 15.009, 18.309, 13.943, 17.341, 14.8, 18.441, 15.143, 20.109, 17.409, 17.543, 17.441,
        19.4, 18.541, 20.243, 19.209, 21.009, 17.643, 22.041, 19.5, 23.641, 19.343,
    ];

    /// statsmodels' `STL` with the same windows, jumps and passes, of degree 0 for the season.
    const SEASON: [f64; 38] = [
        1.975617570453,
        -0.906512433625,
        0.327189413693,
        -1.499511771496,
        1.188034802258,
        -1.09476839318,
        1.988858803148,
        -0.92200610899,
        0.352656392862,
        -1.501744161873,
        1.143865102674,
        -1.095738043676,
        2.0161469871,
        -0.958711296494,
        0.484413771336,
        -1.569812468392,
        1.029362099038,
        -0.985726039516,
        2.013091048543,
        -0.965384213507,
        0.442441284439,
        -1.49246400847,
        0.952259403132,
        -0.945733788756,
        2.026671578731,
        -0.987021464786,
        0.502490914473,
        -1.626652121598,
        1.081541328702,
        -1.002812119584,
        2.07930853801,
        -1.024285537158,
        0.496829036699,
        -1.656648288807,
        1.121442578241,
        -1.018091751925,
        2.087443445975,
        -1.024389428822,
    ];

    #[test]
    fn agrees_with_statsmodels() {
        let parts = several(&VALUES, &[Stl { period: 6, seasonal: 7 }]);
        for (at, (ours, theirs)) in parts.seasons[0].iter().zip(SEASON).enumerate() {
            assert!((ours - theirs).abs() < 1e-8, "{at}: {ours} {theirs}");
        }
    }

    #[test]
    fn parts_sum_to_the_values() {
        let values: Vec<f64> = VALUES.iter().cycle().take(300).copied().collect();
        let parts = several(&values, &[Stl { period: 6, seasonal: 7 }, Stl { period: 38, seasonal: 7 }]);
        for (at, value) in values.iter().enumerate() {
            let sum = parts.adjusted[at] + parts.seasons.iter().map(|season| season[at]).sum::<f64>();
            assert!((sum - value).abs() < 1e-9);
        }
    }
}
