//! `analytics`: what is computed over a stream, in windows of event time.

use super::accepted::accepted;
use super::document::Section;
use super::preset;
use super::problem::Problem;
use super::source::SourceConfig;
use super::transform::{self, TransformConfig, transforms};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use tidecast_core::duration::DurationMs;
use tidecast_core::transform::{TransformError, Transforms};
use tidecast_core::window::{Expression, Measure, SpecError, WindowSpec};

/// The preset that has an API and a page of its own.
pub(super) const NETWORK: &str = "network-monitoring";

/// One analysis.
#[derive(Clone, Debug, Serialize)]
pub struct AnalyticsConfig {
    /// Whether it is the network monitoring.
    pub is_network: bool,
    /// What it says.
    #[serde(flatten)]
    pub keys: AnalyticsKeys,
}

/// The keys of an analysis.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyticsKeys {
    /// The source whose records it reads.
    pub input: String,
    /// How long a window is.
    pub window: DurationMs,
    /// How far apart windows begin; the window's length where they do not overlap.
    pub slide: Option<DurationMs>,
    /// How much older than the newest record one may be without being late.
    #[serde(default = "no_time")]
    pub lateness: DurationMs,
    /// After so long without records time goes on without them.
    #[serde(default = "default_idle_after")]
    pub idle_after: DurationMs,
    /// After so long without records of its own a key is silent; three windows where absent.
    pub silent_after: Option<DurationMs>,
    /// What is done to the records first.
    #[serde(default)]
    pub transforms: Vec<TransformConfig>,
    /// The text fields by which records are grouped.
    #[serde(default)]
    pub by: Vec<String>,
    /// What is computed, by name.
    pub measures: Measures,
    /// Records of further keys are refused.
    #[serde(default = "default_max_keys")]
    pub max_keys: usize,
    /// Whether late records correct windows that are closed already.
    #[serde(default)]
    pub corrections: bool,
}

/// Measures in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures(pub Vec<Measure>);

fn no_time() -> DurationMs {
    DurationMs(0)
}

fn default_idle_after() -> DurationMs {
    DurationMs(1_000)
}

fn default_max_keys() -> usize {
    100_000
}

impl AnalyticsKeys {
    /// The windows, as the engine takes them.
    #[must_use]
    pub fn spec(&self) -> WindowSpec {
        WindowSpec {
            size_ms: self.window.0,
            slide_ms: self.slide.unwrap_or(self.window).0,
            lateness_ms: self.lateness.0,
            idle_after_ms: self.idle_after.0,
            by: self.by.clone(),
            measures: self.measures.0.clone(),
            max_keys: self.max_keys,
            corrections: self.corrections,
        }
    }

    /// What is done to the records first.
    ///
    /// # Errors
    /// When one of the transforms cannot work.
    pub fn transforms(&self) -> Result<Transforms, TransformError> {
        transforms(&self.transforms)
    }

    /// After so long without records a key is silent, ms.
    #[must_use]
    pub fn silent_after_ms(&self) -> i64 {
        self.silent_after.map_or(self.window.0.saturating_mul(3), |after| after.0)
    }
}

pub(super) fn parse(
    mut section: Section,
    sources: &BTreeMap<String, SourceConfig>,
    problems: &mut Vec<Problem>,
) -> Option<AnalyticsConfig> {
    let preset = preset::fill_in(&mut section, &preset::ANALYTICS, problems);
    section.require(&["input", "window", "measures"], problems);
    let keys: AnalyticsKeys = section.decode(&["preset"], problems)?;
    problems.extend(check_input(&section, &keys.input, sources));
    transform::check(&section, &keys.transforms, problems);
    if let Err(error) = keys.spec().plan() {
        problems.push(section.problem(wrong_key(&error), error.to_string()));
    }
    Some(AnalyticsConfig { is_network: preset == Some(NETWORK), keys })
}

/// Whether there is a source of that name which gives records.
fn check_input(section: &Section, input: &str, sources: &BTreeMap<String, SourceConfig>) -> Option<Problem> {
    let shown = section.shown("input");
    let records: Vec<&str> =
        sources.iter().filter(|(_, source)| source.stream().is_some()).map(|(name, _)| name.as_str()).collect();
    let message = match sources.get(input) {
        Some(source) if source.stream().is_some() => return None,
        Some(source) => {
            let kind = source.kind();
            format!(
                "{shown} is of type {kind} and gives samples, not records; analytics read sources of type redis_stream or push"
            )
        }
        None if records.is_empty() => {
            format!(
                "{shown} is no source of records, and there is none; add one of type redis_stream or push to `sources`"
            )
        }
        None => format!("{shown} is no source of records{}", accepted(input, &records)),
    };
    Some(section.problem("input", message))
}

/// Under which key the mistake is.
fn wrong_key(error: &SpecError) -> &'static str {
    match error {
        SpecError::Size(_) => "window",
        SpecError::Slide { .. } | SpecError::Panes { .. } => "slide",
        SpecError::Lateness(_) => "lateness",
        SpecError::IdleAfter(_) => "idle_after",
        SpecError::NoMeasure | SpecError::MeasureName(_) | SpecError::MeasureTwice(_) | SpecError::Kind(_) => {
            "measures"
        }
        SpecError::ByTwice(_) | SpecError::ByName(_) => "by",
        SpecError::MaxKeys => "max_keys",
    }
}

impl<'de> Deserialize<'de> for Measures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Measures;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names and what each measures, such as `total_packets: sum(packets)`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Measures, A::Error> {
                let mut measures = Vec::new();
                while let Some((name, Written(expression))) = map.next_entry()? {
                    measures.push(Measure { name, expression });
                }
                Ok(Measures(measures))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A measure as it is written in YAML, where a comma may have ended it.
struct Written(Expression);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_cut = text.contains('(') && !text.contains(')');
        text.parse().map(Self).map_err(|error| match is_cut {
            true => D::Error::custom(format!("`{text}` ends at a comma, as values inside {{ }} do; put the measure into quotes, as in \"quantile(latency, 0.5)\"")),
            false => D::Error::custom(error),
        })
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|measure| (&measure.name, measure.expression.to_string())))
    }
}
