//! Local regression of equally spaced values with tricube weights, as STL needs it (Cleveland et al., *Journal of
//! Official Statistics*, 1990).

/// How values are smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loess {
    /// Values that a smoothed one depends on; odd.
    pub(super) window: usize,
    /// Whether lines are fitted; constants otherwise.
    pub(super) is_linear: bool,
    /// Distance between the places where it is computed; between them it is interpolated.
    pub(super) jump: usize,
}

/// Weights of a stretch of values whose weighted sum is the smooth at one place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    pub(super) first: usize,
    pub(super) weights: Vec<f64>,
}

/// The same smoothing of many series of one length: its kernels, computed once.
pub(super) struct Smoother {
    half: usize,
    count: usize,
    /// Places where the smooth is computed, ascending.
    places: Vec<usize>,
    /// Away from the ends all windows are alike.
    inner: Option<Kernel>,
    /// For the places near the ends, in their order.
    outer: Vec<Kernel>,
}

impl Smoother {
    /// For series of `count` values, at least one.
    pub(super) fn new(loess: Loess, count: usize) -> Self {
        let half = loess.window / 2;
        let jump = loess.jump.clamp(1, count.saturating_sub(1).max(1));
        let places: Vec<usize> = (0..count.saturating_sub(1)).step_by(jump).chain(count.checked_sub(1)).collect();
        let inner = (count > 2 * half).then(|| loess.kernel(half as f64, 2 * half + 1));
        let is_outer = |place: &&usize| inner.is_none() || **place < half || **place + half >= count;
        let outer = places.iter().filter(is_outer).map(|place| loess.kernel(*place as f64, count)).collect();
        Self { half, count, places, inner, outer }
    }

    /// The smooth of `values` at each of them.
    pub(super) fn smooth(&self, values: &[f64], smooth: &mut Vec<f64>) {
        smooth.clear();
        smooth.resize(values.len(), 0.0);
        let mut outer = self.outer.iter();
        let mut before: Option<(usize, f64)> = None;
        for &place in &self.places {
            let is_inner = place >= self.half && place + self.half < self.count;
            let value = match (self.inner.as_ref().filter(|_| is_inner), is_inner) {
                (Some(kernel), true) => dot(&kernel.weights, &values[place - self.half..]),
                _ => outer.next().map_or(0.0, |kernel| dot(&kernel.weights, &values[kernel.first..])),
            };
            if let Some((from, low)) = before {
                let slope = (value - low) / (place - from) as f64;
                for (distance, between) in smooth[from..place].iter_mut().enumerate() {
                    *between = low + slope * distance as f64;
                }
            }
            smooth[place] = value;
            before = Some((place, value));
        }
    }
}

impl Loess {
    /// Weights for the smooth at `place`, which may lie outside, among `count` values at 0, 1, ...
    pub(super) fn kernel(self, place: f64, count: usize) -> Kernel {
        let width = self.window.min(count);
        // The nearest `width` values.
        let centred = (place - (width / 2) as f64).clamp(0.0, (count - width) as f64);
        let first = centred.round() as usize;
        let last = first + width - 1;
        let mut reach = (place - first as f64).abs().max((last as f64 - place).abs());
        if self.window > count {
            reach += ((self.window - count) / 2) as f64;
        }
        let tricube = |at: usize| {
            let distance = (at as f64 - place).abs();
            if distance <= 0.001 * reach {
                1.0
            } else if distance <= 0.999 * reach {
                (1.0 - (distance / reach).powi(3)).powi(3)
            } else {
                0.0
            }
        };
        let mut weights: Vec<f64> = (first..=last).map(tricube).collect();
        let sum: f64 = weights.iter().sum();
        if sum > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        if self.is_linear {
            let places = || (first..=last).map(|at| at as f64);
            let mean: f64 = places().zip(&weights).map(|(at, weight)| at * weight).sum();
            let spread: f64 = places().zip(&weights).map(|(at, weight)| weight * (at - mean).powi(2)).sum();
            // Where the weight lies on one value alone there is no line.
            if spread.sqrt() > 0.001 * (count - 1) as f64 {
                let tilt = (place - mean) / spread;
                places().zip(&mut weights).for_each(|(at, weight)| *weight *= 1.0 + tilt * (at - mean));
            }
        }
        Kernel { first, weights }
    }
}

/// Sum of products, over the shorter of both.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().min(b.len());
    let (a, b) = (a[..count].as_chunks::<8>(), b[..count].as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.0.iter().zip(b.0) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
