//! Weights of a combination of models, from the errors its members made on held-back days.
//!
//! The weights minimise the mean squared error of the combination over the simplex. Weights learned for one series from
//! a few weeks are mostly noise (Timmermann, *Forecast combinations*, 2006, section 7.1), so the second moments of a series'
//! errors lean towards those of all series of the panel, each in units of its own.

use super::rollout::Rollout;

/// Share of a series' own errors in the moments; the rest is the panel's.
const OWN_SHARE: f64 = 0.3;
/// Weight towards equality, in units of the mean squared error of the best member.
const EVENNESS: f64 = 0.02;
/// Weights below are taken as none: a member that hardly counts is not worth its work.
const LEAST: f64 = 0.03;
/// Steps of the minimisation.
const STEPS: usize = 2_000;

/// Weights of the members for one series; 0 for those that do not take part, all together 1.
pub(super) struct Weighted {
    /// From all held-back days: to forecast with.
    pub(super) weights: Vec<f64>,
    /// For the first half of the held-back days from the second, and the other way round: to judge by.
    pub(super) by_half: [Vec<f64>; 2],
}

/// Weights for every series of a panel; for each the rollouts of all members, `None` where one does not take part.
pub(super) fn learn(panel: &[Vec<Option<&Rollout>>]) -> Vec<Weighted> {
    let halves = [[true, false], [false, true], [true, true]].map(|halves| of_part(panel, halves));
    let [first, second, both] = halves;
    both.into_iter()
        .zip(first.into_iter().zip(second))
        .map(|(weights, (first, second))| Weighted { weights, by_half: [second, first] })
        .collect()
}

/// Weights from the first or the second half of the origins, or both.
fn of_part(panel: &[Vec<Option<&Rollout>>], halves: [bool; 2]) -> Vec<Vec<f64>> {
    let moments: Vec<Vec<f64>> = panel.iter().map(|members| second_moments(members, halves)).collect();
    let size = panel.first().map_or(0, Vec::len);
    let mut pooled = vec![0.0; size * size];
    let mut counts = vec![0.0_f64; size * size];
    for moments in &moments {
        for (cell, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.is_finite()) {
            pooled[cell] += moment;
            counts[cell] += 1.0;
        }
    }
    pooled.iter_mut().zip(&counts).for_each(|(sum, count)| *sum /= count.max(1.0));
    panel
        .iter()
        .zip(moments)
        .map(|(members, own)| {
            let leaning: Vec<f64> = own
                .iter()
                .zip(&pooled)
                .map(
                    |(own, pooled)| {
                        if own.is_finite() { OWN_SHARE * own + (1.0 - OWN_SHARE) * pooled } else { *pooled }
                    },
                )
                .collect();
            let takes_part: Vec<bool> = members.iter().map(Option::is_some).collect();
            minimise(&leaning, &takes_part)
        })
        .collect()
}

/// Mean products of the members' errors, in units of the mean squared error of the best member; NaN where one of a
/// pair does not take part, or nothing is known.
fn second_moments(members: &[Option<&Rollout>], halves: [bool; 2]) -> Vec<f64> {
    let size = members.len();
    let mut moments = vec![f64::NAN; size * size];
    for (i, first) in members.iter().enumerate() {
        for (j, second) in members.iter().enumerate().take(i + 1) {
            let (Some(first), Some(second)) = (first, second) else { continue };
            let half = first.origins.len() / 2 * first.horizon;
            let range = match halves {
                [true, false] => 0..half,
                [false, true] => half..first.errors.len(),
                _ => 0..first.errors.len(),
            };
            let pairs = first.errors[range.clone()].iter().zip(&second.errors[range]);
            let known = pairs.filter(|(a, b)| a.is_finite() && b.is_finite());
            let (sum, count) = known.fold((0.0, 0_u32), |(sum, count), (a, b)| (sum + f64::from(a * b), count + 1));
            let mean = sum / f64::from(count);
            moments[i * size + j] = mean;
            moments[j * size + i] = mean;
        }
    }
    let own = (0..size).map(|i| moments[i * size + i]);
    let best = own.filter(|moment| moment.is_finite()).fold(f64::INFINITY, f64::min);
    let usable = best.is_finite() && best > 0.0;
    moments.iter_mut().for_each(|moment| *moment = if usable { *moment / best } else { f64::NAN });
    moments
}

/// The weights of those that take part, at least 0 and together 1, that minimise the quadratic form: exponentiated
/// gradient descent (Kivinen and Warmuth, 1997).
fn minimise(moments: &[f64], takes_part: &[bool]) -> Vec<f64> {
    let size = takes_part.len();
    let count = takes_part.iter().filter(|part| **part).count().max(1) as f64;
    let mut weights: Vec<f64> = takes_part.iter().map(|part| if *part { 1.0 / count } else { 0.0 }).collect();
    if moments.iter().any(|moment| !moment.is_finite()) {
        return weights;
    }
    let steepest = moments.iter().copied().fold(1.0, f64::max);
    for _ in 0..STEPS {
        let gradients: Vec<f64> = (0..size)
            .map(|i| (0..size).map(|j| moments[i * size + j] * weights[j]).sum::<f64>() + EVENNESS * weights[i])
            .collect();
        weights.iter_mut().zip(&gradients).for_each(|(weight, gradient)| *weight *= (-gradient / steepest).exp());
        normalise(&mut weights);
    }
    weights.iter_mut().for_each(|weight| *weight = if *weight < LEAST { 0.0 } else { *weight });
    normalise(&mut weights);
    weights
}

fn normalise(weights: &mut [f64]) {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(errors: Vec<f32>) -> Rollout {
        Rollout { origins: (0..errors.len()).collect(), horizon: 1, errors }
    }

    /// Errors of two members, the second of which has `scale` times the noise of the first.
    fn noise(seed: u64, scale: f32) -> Rollout {
        let mut state = seed;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        rollout((0..4_000).map(|_| scale * uniform()).collect())
    }

    #[test]
    fn independent_errors_weigh_by_their_precision() {
        let (precise, coarse) = (noise(1, 1.0), noise(2, 2.0));
        let weighted = learn(&[vec![Some(&precise), Some(&coarse)]]).pop().unwrap();
        // Inverse variances 1 and 1/4 give 0.8 and 0.2; evenness moves them together a little.
        assert!((weighted.weights[0] - 0.8).abs() < 0.03, "{:?}", weighted.weights);
        for weights in weighted.by_half.iter().chain([&weighted.weights]) {
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_member_that_adds_nothing_or_is_absent_gets_nothing() {
        let precise = noise(1, 1.0);
        let same_but_worse = rollout(precise.errors.iter().map(|error| 3.0 * error).collect());
        let weighted = learn(&[vec![Some(&precise), Some(&same_but_worse), None]]).pop().unwrap();
        assert_eq!(weighted.weights, [1.0, 0.0, 0.0]);
    }

    #[test]
    fn nothing_known_means_equal() {
        let unknown = rollout(vec![f32::NAN; 10]);
        let weighted = learn(&[vec![Some(&unknown), None, Some(&unknown)]]).pop().unwrap();
        assert_eq!(weighted.weights, [0.5, 0.0, 0.5]);
        let perfect = rollout(vec![0.0; 10]);
        assert_eq!(learn(&[vec![Some(&perfect), Some(&perfect)]]).pop().unwrap().weights, [0.5, 0.5]);
        assert!(learn(&[]).is_empty());
    }
}
