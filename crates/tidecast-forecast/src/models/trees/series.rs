//! A series of the panel as trees see it: scaled, with a few numbers that tell what kind of series it is.

use super::kinship::Kinship;
use super::layout::{Layout, STATISTICS};
use crate::history::filled;
use crate::scale::deviation;
use serde::{Deserialize, Serialize};
use tidecast_core::forecast::accuracy::mase_scale;
use tidecast_core::series::RegularSeries;

/// What is kept of a series beside the trees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Character {
    /// What its values are divided by.
    pub(super) scale: f64,
    /// What kind of series it is, in numbers: inputs of the trees.
    pub(super) statistics: [f32; STATISTICS],
    /// Which days are alike.
    pub(super) kinship: Kinship,
}

impl Character {
    /// The filled values, scaled, and what they were scaled by.
    pub(super) fn of(series: &RegularSeries, layout: &Layout) -> (Vec<f64>, Self) {
        let mut values = filled(series, layout.cycle);
        let season = layout.cycle.short;
        // Units of spread make the shapes of series alike, so that one can learn from the other.
        let scale = deviation(&values);
        let change = |season: usize| mase_scale(&values, season).filter(|change| change.is_finite());
        let relative = |season: usize| (change(season).unwrap_or(0.0) / scale) as f32;
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let statistics = [relative(1), relative(season), relative(layout.cycle.longest()), (mean / scale) as f32];
        values.iter_mut().for_each(|value| *value /= scale);
        let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
        let kinship = Kinship::learn(&values, first_step, season);
        (
            values,
            Self { kinship, scale, statistics: statistics.map(|value| if value.is_finite() { value } else { 0.0 }) },
        )
    }

    /// Whether what was read from a file can be worked with.
    pub(super) fn is_sound(&self) -> bool {
        self.scale.is_finite() && self.scale > 0.0 && self.statistics.iter().all(|value| value.is_finite())
    }
}
