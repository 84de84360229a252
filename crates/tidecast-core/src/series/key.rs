//! The identity of a series: a metric name plus labels, as in Prometheus.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// A metric name plus labels sorted by name: `power{device_id="meter_1"}`.
///
/// Cheap to clone (a shared pointer) and to hash (the hash is computed once), since every sample on the hot
/// path carries one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeriesKey(Arc<Inner>);

struct Inner {
    hash: u64,
    name: String,
    labels: Vec<(String, String)>,
}

/// Why a name or label cannot be part of a series.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LabelError {
    /// The metric name is not an identifier.
    #[error("`{0}` is not a metric name; use letters, digits, `_` and `:`, not starting with a digit")]
    Name(String),
    /// The label name is not an identifier.
    #[error("`{0}` is not a label name; use letters, digits and `_`, not starting with a digit")]
    Label(String),
    /// The same label was given twice.
    #[error("label `{0}` is given twice; keep one of them")]
    Duplicate(String),
}

/// Why a text is not a series.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseSeriesError {
    /// The syntax is wrong.
    #[error("`{text}` is not a series: {reason}; write it as in power{{device_id=\"meter_1\"}}")]
    Syntax {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name in it is not valid.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl SeriesKey {
    /// A series called `name` with `labels` in any order. Labels with an empty value are dropped, as in
    /// Prometheus, where they mean the same as an absent label.
    ///
    /// # Errors
    /// When the name or a label name is no identifier, or a label is given twice.
    pub fn new<N, V>(name: &str, labels: impl IntoIterator<Item = (N, V)>) -> Result<Self, LabelError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        if !is_identifier(name, true) {
            return Err(LabelError::Name(name.to_owned()));
        }
        let mut labels: Vec<(String, String)> = labels
            .into_iter()
            .map(|(n, v)| (n.into(), v.into()))
            .filter(|(_, v): &(String, String)| !v.is_empty())
            .collect();
        labels.sort_unstable();
        if let Some((bad, _)) = labels.iter().find(|(n, _)| !is_identifier(n, false)) {
            return Err(LabelError::Label(bad.clone()));
        }
        if let Some(pair) = labels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(LabelError::Duplicate(pair[0].0.clone()));
        }
        Ok(Self::from_sorted(name.to_owned(), labels))
    }

    fn from_sorted(name: String, labels: Vec<(String, String)>) -> Self {
        let hash = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one((&name, &labels));
        Self(Arc::new(Inner { hash, name, labels }))
    }

    /// The metric name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The labels, sorted by name.
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        &self.0.labels
    }

    /// The value of a label; `__name__` is the metric name; absent labels are empty, as in Prometheus.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        if name == "__name__" {
            return self.name();
        }
        self.0.labels.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// A short name for tables and charts: the label values, or the metric name where there are none.
    #[must_use]
    pub fn short_name(&self) -> String {
        match self.labels() {
            [] => self.name().to_owned(),
            labels => labels.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(" "),
        }
    }
}

pub(super) fn is_identifier(text: &str, colon: bool) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':');
    text.chars().next().is_some_and(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}

impl PartialEq for SeriesKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.hash == other.0.hash && self.0.name == other.0.name && self.0.labels == other.0.labels)
    }
}

impl Eq for SeriesKey {}

impl Hash for SeriesKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for SeriesKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SeriesKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.name(), self.labels()).cmp(&(other.name(), other.labels()))
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if self.labels().is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        for (i, (name, value)) in self.labels().iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SeriesKey {
    type Err = ParseSeriesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = |reason| ParseSeriesError::Syntax { text: text.to_owned(), reason };
        let selector: super::Selector = text.parse().map_err(|_| syntax("it does not read as a name with labels"))?;
        let mut name = None;
        let mut labels = Vec::new();
        for matcher in selector.matchers() {
            let value = matcher.equal_value().ok_or_else(|| syntax("labels of a series are given with `=`"))?;
            if matcher.label() == "__name__" {
                name = Some(value.to_owned());
            } else {
                labels.push((matcher.label().to_owned(), value.to_owned()));
            }
        }
        let name = name.ok_or_else(|| syntax("the metric name is missing"))?;
        Ok(Self::new(&name, labels)?)
    }
}

impl TryFrom<String> for SeriesKey {
    type Error = ParseSeriesError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SeriesKey> for String {
    fn from(key: SeriesKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_are_sorted_and_empty_ones_dropped() {
        let key = SeriesKey::new("power", [("b", "2"), ("a", "1"), ("c", "")]).unwrap();
        assert_eq!(key.to_string(), r#"power{a="1",b="2"}"#);
        assert_eq!(key, r#"power{b="2", a="1"}"#.parse().unwrap());
        assert_eq!(key.label("__name__"), "power");
        assert_eq!(key.label("c"), "");
    }

    #[test]
    fn refuses_bad_names() {
        assert_eq!(SeriesKey::new("9x", [("a", "b")]), Err(LabelError::Name("9x".into())));
        assert_eq!(SeriesKey::new("x", [("a-b", "b")]), Err(LabelError::Label("a-b".into())));
        assert_eq!(SeriesKey::new("x", [("a", "b"), ("a", "c")]), Err(LabelError::Duplicate("a".into())));
        assert!("power{a!=\"1\"}".parse::<SeriesKey>().is_err());
    }

    proptest! {
        #[test]
        fn display_round_trips(value in "\\PC{1,20}", label in "[a-z_][a-z0-9_]{0,5}") {
            let key = SeriesKey::new("m", [(label, value)]).unwrap();
            prop_assert_eq!(key.to_string().parse::<SeriesKey>().unwrap(), key);
        }
    }
}
