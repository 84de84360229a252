//! Which margin above a forecast would have kept past demand within capacity.
//!
//! A minute is served if every decision that could still take away or fail to add the capacity for it foresaw enough. The
//! margin that this takes, in units of the forecast's spread, is one number a minute, and the share of minutes that need
//! more than a margin is the violation to expect from it: conformal prediction on the outcome that is paid for, rather
//! than on errors of single forecasts.

/// Each bin of margins is this much wider than the one below.
const GROWTH: f64 = 1.185;

/// The least margin above none.
const LEAST: f64 = 0.02;

/// Bins: none, then geometric ones, up to 50 spreads; the last takes all that is greater.
const BINS: usize = 48;

/// How long the past counts, minutes: exponentially, about a week in all.
const MEMORY: f64 = 6.0 * 1_440.0;

/// How long the past counts for what a forecast costs, minutes.
const COST_MEMORY: f32 = 2.0 * 1_440.0;

/// The weight of the newest minute at which all are scaled down again.
const HEAVY: f32 = 1e6;

/// Margins needed above one forecaster, in one measure of spread.
#[derive(Clone, Debug)]
pub(super) struct Margins {
    needed: [f32; BINS],
    /// Sum of all weights.
    total: f32,
    forecast: f32,
    spread: f32,
    /// Minutes that count for the means.
    minutes: f32,
}

/// The weight of a minute; later ones weigh more, so that nothing needs to be scaled down each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight(f32);

impl Weight {
    pub(super) fn first() -> Self {
        Self(1.0)
    }

    /// The next minute's; true if everything is to be scaled down.
    pub(super) fn next(self) -> (Self, bool) {
        let next = self.0 * (1.0 / MEMORY).exp() as f32;
        if next > HEAVY { (Self(1.0), true) } else { (Self(next), false) }
    }
}

impl Margins {
    pub(super) fn new() -> Self {
        Self { needed: [0.0; BINS], total: 0.0, forecast: 0.0, spread: 0.0, minutes: 0.0 }
    }

    /// Takes the margin that a minute needed, in spreads.
    pub(super) fn add(&mut self, needed: f64, weight: Weight) {
        let bin = if needed <= LEAST { 0.0 } else { (needed / LEAST).ln() / GROWTH.ln() + 1.0 };
        self.needed[(bin as usize).min(BINS - 1)] += weight.0;
        self.total += weight.0;
    }

    pub(super) fn scale_down(&mut self) {
        self.needed.iter_mut().for_each(|needed| *needed /= HEAVY);
        self.total /= HEAVY;
    }

    /// Takes what a forecast was, for its cost.
    pub(super) fn price(&mut self, forecast: f32, spread: f32) {
        self.minutes = (self.minutes + 1.0).min(COST_MEMORY);
        self.forecast += (forecast - self.forecast) / self.minutes;
        self.spread += (spread - self.spread) / self.minutes;
    }

    /// The margin that all but a share of minutes needed. `None` without any, and where it is greater than can be told: a
    /// measure of spread that is so much too small is of no use.
    pub(super) fn margin(&self, share: f64) -> Option<f64> {
        if self.total <= 0.0 {
            return None;
        }
        let allowed = (share * f64::from(self.total)) as f32;
        let mut beyond = 0.0;
        for bin in (0..BINS).rev() {
            let here = self.needed[bin];
            if beyond + here > allowed {
                if bin == BINS - 1 {
                    return None;
                }
                // Within the bin, the margins needed are taken to lie evenly.
                let part = f64::from(1.0 - (allowed - beyond) / here);
                return Some(edge(bin) + part * (edge(bin + 1) - edge(bin)));
            }
            beyond += here;
        }
        Some(0.0)
    }

    /// Mean replicas with a margin, over the recent past.
    pub(super) fn cost(&self, margin: f64) -> f64 {
        f64::from(self.forecast) + margin * f64::from(self.spread)
    }
}

/// The lower edge of a bin.
fn edge(bin: usize) -> f64 {
    if bin == 0 { 0.0 } else { LEAST * GROWTH.powi(bin as i32 - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_exceeded_by_the_share_that_was_asked_for() {
        let mut margins = Margins::new();
        let weight = Weight::first();
        for minute in 0..1_000 {
            margins.add(f64::from(minute) / 100.0, weight);
        }
        for share in [0.001, 0.01, 0.1, 0.5] {
            let margin = margins.margin(share).unwrap();
            let expected = 10.0 * (1.0 - share);
            assert!((margin / expected - 1.0).abs() < 0.1, "{share}: {margin} against {expected}");
        }
        assert_eq!(margins.margin(1.0), Some(0.0));
        assert_eq!(Margins::new().margin(0.1), None);
    }

    #[test]
    fn a_margin_beyond_what_is_told_apart_is_none() {
        let mut margins = Margins::new();
        for needed in [1.0, 2.0, 1_000.0] {
            margins.add(needed, Weight::first());
        }
        assert_eq!(margins.margin(0.1), None);
        assert!(margins.margin(0.4).is_some_and(|margin| (1.9..2.3).contains(&margin)));
    }

    #[test]
    fn the_past_fades_and_nothing_overflows() {
        let mut margins = Margins::new();
        let mut weight = Weight::first();
        for minute in 0..400_000 {
            margins.add(if minute < 200_000 { 5.0 } else { 0.0 }, weight);
            let (next, heavy) = weight.next();
            weight = next;
            if heavy {
                margins.scale_down();
            }
        }
        assert!(margins.total.is_finite());
        assert!(margins.margin(0.001).unwrap() < 0.03);
    }
}
