//! `transforms`: what is done to records, one after the other.

use super::document::Section;
use super::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tidecast_core::duration::DurationMs;
use tidecast_core::transform::{Expression, Transform, TransformError, Transforms};

/// One entry of the list: one of its keys is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformConfig {
    /// New names by old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    rename: Option<BTreeMap<String, String>>,
    /// Factors by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<BTreeMap<String, f64>>,
    /// Fields computed from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    derive: Option<BTreeMap<String, Expression>>,
    /// Records for which this does not hold are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Expression>,
    /// Records for which this does not hold are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    require: Option<Expression>,
    /// What missing numbers become, by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    fill: Option<BTreeMap<String, f64>>,
    /// Times are rounded down to steps of this length.
    #[serde(skip_serializing_if = "Option::is_none")]
    resample: Option<DurationMs>,
}

impl TransformConfig {
    fn steps(&self) -> Vec<Transform> {
        let mut steps = Vec::new();
        for (from, to) in self.rename.iter().flatten() {
            steps.push(Transform::Rename { from: from.clone(), to: to.clone() });
        }
        for (field, &factor) in self.scale.iter().flatten() {
            steps.push(Transform::Scale { field: field.clone(), factor });
        }
        for (field, expression) in self.derive.iter().flatten() {
            steps.push(Transform::Derive { field: field.clone(), expression: expression.clone() });
        }
        steps.extend(self.filter.clone().map(Transform::Filter));
        steps.extend(self.require.clone().map(Transform::Require));
        for (field, &number) in self.fill.iter().flatten() {
            steps.push(Transform::Fill { field: field.clone(), number });
        }
        steps.extend(self.resample.map(|every| Transform::Resample { every_ms: every.0 }));
        steps
    }

    fn keys(&self) -> usize {
        let Self { rename, scale, derive, filter, require, fill, resample } = self;
        [
            rename.is_some(),
            scale.is_some(),
            derive.is_some(),
            filter.is_some(),
            require.is_some(),
            fill.is_some(),
            resample.is_some(),
        ]
        .into_iter()
        .filter(|written| *written)
        .count()
    }
}

/// The transforms of a list.
///
/// # Errors
/// When one of them cannot work.
pub fn transforms(list: &[TransformConfig]) -> Result<Transforms, TransformError> {
    Transforms::new(list.iter().flat_map(TransformConfig::steps).collect())
}

/// Checks the list under `transforms`.
pub(super) fn check(section: &Section, list: &[TransformConfig], problems: &mut Vec<Problem>) {
    if list.iter().any(|transform| transform.keys() != 1) {
        // Within one entry the order would not be that of the file.
        let message =
            "each entry of the list is one of rename, scale, derive, filter, require, fill, resample; write one a line";
        problems.push(section.problem("transforms", message));
    } else if let Err(error) = transforms(list) {
        problems.push(section.problem("transforms", error.to_string()));
    }
}
