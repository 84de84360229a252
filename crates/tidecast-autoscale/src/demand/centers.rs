//! The forecasters that compete, and what their errors are measured in.

use super::features::{Features, LENGTHS, NEEDED, widest};
use super::history::{History, from_log, to_log};
use super::regression::Regression;
use super::{DAY, WEEK};

/// Expectiles of the regressions: the mean, and points that move with the spread of what may come.
const EXPECTILES: [f64; 4] = [0.5, 0.9, 0.98, 0.995];

const REGRESSIONS: usize = LENGTHS.len() * EXPECTILES.len();

/// How many forecasters there are: the regressions, then the rules.
pub(super) const CENTERS: usize = REGRESSIONS + 4;

/// Present demand: what a reactive autoscaler goes by.
pub(super) const PRESENT: usize = REGRESSIONS;
/// The greatest demand of the last five minutes: the same, stabilised.
const RECENT_PEAK: usize = REGRESSIONS + 1;
/// What came at this time yesterday.
const YESTERDAY: usize = REGRESSIONS + 2;
/// The highest of the last days at about this time of day.
const ENVELOPE: usize = REGRESSIONS + 3;

/// Samples that a regression must have learned from before it is heard.
const LEARNED: usize = 120;

/// How far above everything seen within a week a regression may go, as a logarithm.
const BEYOND: f64 = 0.3;

/// How far from the same time yesterday a peak still counts, minutes.
const AROUND: usize = 5;

/// How many measures of spread there are.
pub(super) const SCALES: usize = 6;

/// Parts of a day for which errors are remembered.
const PARTS: usize = 96;

/// What keeps a spread from vanishing, in replicas.
const LEAST_SPREAD: f64 = 0.1;

/// Forecasts of all forecasters at one minute, in replicas; NaN where one cannot tell yet.
pub(super) type Forecasts = [f64; CENTERS];

/// The measures of spread around one forecast, in replicas, each above zero.
pub(super) type Spreads = [f32; SCALES];

/// How high demand has been, in replicas: head-room above it is seldom of use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ceilings {
    /// Within a week.
    week: f64,
    /// At about this time of day; present demand before there was a day.
    time_of_day: f64,
}

impl Ceilings {
    /// As they are at the newest minute.
    pub(super) fn of(history: &History, features: &Features) -> Self {
        let time_of_day = from_log(widest(features).max(history.last()));
        Self { week: from_log(history.max(WEEK, WEEK + 1)), time_of_day }
    }
}

/// All forecasters, and the errors that they made.
#[derive(Clone, Debug)]
pub(super) struct Centers {
    regressions: Vec<Regression>,
    /// Mean error without its sign, by forecaster and part of the day.
    by_part: Box<[[f32; PARTS]; CENTERS]>,
    /// The same over the last hour.
    lately: [f64; CENTERS],
}

impl Centers {
    pub(super) fn new() -> Self {
        let stages = LENGTHS.iter();
        let regressions = stages.flat_map(|length| EXPECTILES.map(|expectile| Regression::new(*length, expectile)));
        Self { regressions: regressions.collect(), by_part: Box::new([[0.0; PARTS]; CENTERS]), lately: [0.0; CENTERS] }
    }

    /// Whether a forecaster knows nothing but present demand.
    pub(super) fn is_reactive(center: usize) -> bool {
        center == PRESENT || center == RECENT_PEAK
    }

    /// What a forecaster is, for people.
    pub(super) fn describe(center: usize) -> &'static str {
        match center {
            PRESENT => "present demand",
            RECENT_PEAK => "the peak of the last five minutes",
            YESTERDAY => "yesterday at this time",
            ENVELOPE => "the highest of the last days at this time",
            regression => {
                ["the last hours", "the last hours and the days before", "the last hours, the days and the week before"]
                    [regression / EXPECTILES.len()]
            }
        }
    }

    /// Learns what followed the minute of these features and forecasts: `peak` is the logarithm of the greatest demand.
    pub(super) fn learn(&mut self, minute: usize, features: &Features, forecasts: &Forecasts, peak: f64) {
        let mut scratch = [0.0; LENGTHS[2]];
        for (index, regression) in self.regressions.iter_mut().enumerate() {
            if minute + 1 >= NEEDED[index / EXPECTILES.len()] {
                regression.learn(features, peak, &mut scratch);
            }
        }
        let (peak, part) = (from_log(peak), part_of(minute));
        for (center, forecast) in forecasts.iter().enumerate().filter(|(_, forecast)| !forecast.is_nan()) {
            let error = (peak - forecast).abs();
            self.lately[center] += (error - self.lately[center]) / 60.0;
            let known = &mut self.by_part[center][part];
            *known += (error as f32 - *known) / 30.0;
        }
    }

    /// What all forecasters expect as the greatest demand of the next `horizon` minutes.
    pub(super) fn forecast(
        &self,
        history: &History,
        features: &Features,
        ceilings: &Ceilings,
        horizon: usize,
    ) -> Forecasts {
        let mut forecasts = [f64::NAN; CENTERS];
        let highest = to_log(ceilings.week) + BEYOND;
        for (index, regression) in self.regressions.iter().enumerate() {
            if history.seen() >= NEEDED[index / EXPECTILES.len()] && regression.seen() > LEARNED {
                forecasts[index] = from_log(regression.predict(features).clamp(0.0, highest));
            }
        }
        forecasts[PRESENT] = from_log(history.last());
        forecasts[RECENT_PEAK] = from_log(history.max(4, 5));
        if history.seen() > DAY {
            let yesterday = history.max(DAY - 1 + AROUND, horizon + 2 * AROUND);
            forecasts[YESTERDAY] = from_log(yesterday.max(history.last()));
            forecasts[ENVELOPE] = ceilings.time_of_day;
        }
        forecasts
    }

    /// By how much demand may lie above a forecast: in replicas, as in the last hour, as in the last hour and at this time
    /// of day, less than in proportion to the forecast, and less than in proportion to the way up to each ceiling.
    pub(super) fn spreads(&self, minute: usize, center: usize, forecast: f64, ceilings: &Ceilings) -> Spreads {
        let part = part_of(minute);
        let errors = &self.by_part[center];
        let at = |part: usize| f64::from(errors[part % PARTS]);
        let daily = 0.5 * at(part) + 0.25 * at(part + 1) + 0.25 * at(part + PARTS - 1);
        let lately = self.lately[center];
        let below = |ceiling: f64| ((ceiling - forecast).max(0.0) + LEAST_SPREAD).sqrt();
        [
            1.0,
            lately + LEAST_SPREAD,
            0.5 * (daily + lately) + LEAST_SPREAD,
            (forecast + 0.5).sqrt(),
            below(ceilings.week),
            below(ceilings.time_of_day),
        ]
        .map(|spread| spread as f32)
    }
}

fn part_of(minute: usize) -> usize {
    minute % DAY * PARTS / DAY
}
