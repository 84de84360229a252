//! What all sources of records have in common.

use super::analytics::AnalyticsKeys;
use super::document::Section;
use super::problem::Problem;
use super::transform::{self, TransformConfig, transforms};
use crate::runtime::stream::Recorder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::records::RecordFormat;
use tidecast_core::record::{Field, Schema};
use tidecast_core::series::SeriesKey;
use tidecast_core::transform::TransformError;

/// Clocks differ by less than this, ms.
const FUTURE_TOLERANCE_MS: i64 = 60_000;

/// The keys of every source of records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamKeys {
    /// The field with the time.
    #[serde(default = "default_timestamp")]
    pub timestamp: String,
    /// What is done to the records first.
    #[serde(default)]
    pub transforms: Vec<TransformConfig>,
    /// What of the records is stored: for each series the field with its value. Labels such as `$antenna_id` stand for fields.
    #[serde(default)]
    pub series: BTreeMap<SeriesKey, String>,
}

pub(super) const STREAM_KEYS: [&str; 3] = ["timestamp", "transforms", "series"];

fn default_timestamp() -> String {
    "timestamp".to_owned()
}

impl Default for StreamKeys {
    fn default() -> Self {
        Self { timestamp: default_timestamp(), transforms: Vec::new(), series: BTreeMap::new() }
    }
}

impl StreamKeys {
    /// What of the messages is needed: for the series, and for the analytics that read the stream.
    ///
    /// # Errors
    /// When one field would have to be two things.
    pub fn format<'a>(
        &self,
        analytics: impl IntoIterator<Item = &'a AnalyticsKeys>,
    ) -> Result<RecordFormat, TransformError> {
        let mut needed: Vec<Field> = Vec::new();
        for keys in analytics {
            // A configuration that is not checked yet may not be a plan; then its own check says why.
            let Ok(plan) = keys.spec().plan() else { continue };
            join(&mut needed, transforms(&keys.transforms)?.input_fields(plan.fields())?);
        }
        join(&mut needed, Recorder::needs(&self.series));
        let fields = transforms(&self.transforms)?.input_fields(needed)?;
        let schema = Arc::new(Schema::new(fields)?);
        Ok(RecordFormat { timestamp: self.timestamp.clone(), schema, future_tolerance_ms: FUTURE_TOLERANCE_MS })
    }
}

/// Adds what is not there. What somebody can do without is not required of everybody's messages; whoever cannot leaves such
/// a record out of a measure.
fn join(needed: &mut Vec<Field>, others: Vec<Field>) {
    for other in others {
        match needed.iter_mut().find(|field| field.name == other.name && field.kind == other.kind) {
            Some(field) => field.required &= other.required,
            None => needed.push(other),
        }
    }
}

/// Takes the common keys out of a source.
pub(super) fn take(section: &mut Section, problems: &mut Vec<Problem>) -> Option<StreamKeys> {
    let entries = STREAM_KEYS.iter().filter_map(|key| section.take(key)).collect();
    let common = Section { path: section.path.clone(), location: section.location, entries };
    let keys: StreamKeys = common.decode(&[], problems)?;
    transform::check(&common, &keys.transforms, problems);
    Some(keys)
}
