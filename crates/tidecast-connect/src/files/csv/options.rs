//! What a user may say about a CSV file; whatever is left out is detected from the data.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How to read a CSV file, as in the configuration file:
///
/// ```yaml
/// sources:
///   meters: {type: csv, path: s3://bucket/meters.csv, series: 'power{device_id="$column"}', columns: 10}
/// ```
///
/// Every key is optional; command line flags have the same names with hyphens (`--timestamp-format`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// What the series are called, with `$column` where the column's header (wide layout) or the series cell (long
    /// layout) goes: `power{device_id="$column"}`. A header or cell that already is a full series text such as
    /// `power{device_id="a"}` stays as it is. Default: `power{device_id="$column"}`; in the long layout a cell that is a
    /// metric name is that series.
    pub series: Option<String>,
    /// Wide layout: read only this many value columns, counted from the left. Default: all.
    pub columns: Option<usize>,
    /// One ASCII character between cells. Default: the one of `;`, tab, `|` and `,` that fits the data.
    pub delimiter: Option<char>,
    /// Whether the first line holds names. Default: it does unless its timestamp cell is a timestamp.
    pub header: Option<bool>,
    /// The timestamp column, by its header or by its number from 1. Default: the first column that holds timestamps.
    pub timestamp_column: Option<String>,
    /// How timestamps are written. Default: detected.
    pub timestamp_format: Option<TimestampFormat>,
    /// IANA name of the time zone of timestamps that carry no offset (`Europe/Zurich`). Default: UTC.
    ///
    /// Local times that a clock change skips move forward by the length of the gap; of local times that occur
    /// twice the first is meant. Write an offset into the file where that matters.
    pub zone: Option<String>,
    /// How series are laid out. Default: detected.
    pub layout: Option<Layout>,
    /// What to do with a malformed row.
    pub on_error: OnError,
}

/// How the series of a file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Layout {
    /// A row per timestamp, a column per series.
    Wide,
    /// A row per sample: series, timestamp and value.
    Long,
}

/// What to do with a malformed row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OnError {
    /// Stop with an error that names line and column.
    #[default]
    Fail,
    /// Leave the row out and count it.
    Skip,
}

/// How timestamps are written. All but the epochs may end in a UTC offset (`Z`, `+01:00`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TimestampFormat {
    /// `2024-01-31`, `2024-01-31 14:30`, `2024-01-31T14:30:00.250+01:00`; also with `/` or `.` in the date.
    Iso8601,
    /// Day, month, year: `31.01.2024 14:30`, `31/01/2024 14:30:00`.
    DayMonthYear,
    /// Month, day, year: `01/31/2024 14:30`.
    MonthDayYear,
    /// Seconds since the Unix epoch, perhaps with a fraction.
    EpochS,
    /// Milliseconds since the Unix epoch.
    EpochMs,
}

/// A word that an option does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{given}` is not a {what}; write one of {accepted}")]
pub struct UnknownName {
    given: String,
    what: &'static str,
    accepted: String,
}

/// Gives an option's enum its names: `FromStr` for flags, `TryFrom<String>` for configuration, and `Display`. The first
/// name of a variant is the one printed.
macro_rules! names {
    ($type:ty, $what:literal, [$(($name:literal, $variant:expr)),+ $(,)?]) => {
        impl $type {
            const NAMES: &[(&str, Self)] = &[$(($name, $variant)),+];
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let found = Self::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
                found.map(|(_, variant)| *variant).ok_or_else(|| UnknownName {
                    given: text.to_owned(),
                    what: $what,
                    accepted: Self::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = Self::NAMES.iter().find(|(_, variant)| variant == self).map_or("", |(name, _)| *name);
                f.write_str(name)
            }
        }

        impl TryFrom<String> for $type {
            type Error = UnknownName;

            fn try_from(text: String) -> Result<Self, UnknownName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}

names!(Layout, "layout", [("wide", Self::Wide), ("long", Self::Long)]);
names!(OnError, "way to treat malformed rows", [("fail", Self::Fail), ("skip", Self::Skip)]);
names!(
    TimestampFormat,
    "timestamp format",
    [
        ("iso8601", Self::Iso8601),
        ("DD.MM.YYYY", Self::DayMonthYear),
        ("DD/MM/YYYY", Self::DayMonthYear),
        ("MM/DD/YYYY", Self::MonthDayYear),
        ("epoch_s", Self::EpochS),
        ("epoch_ms", Self::EpochMs),
    ]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_key() {
        let text = r#"{"series": "power{device_id=\"$column\"}", "columns": 10, "delimiter": ";", "header": true,
            "timestamp_column": "DATETIME", "timestamp_format": "DD/MM/YYYY", "zone": "Europe/Zurich",
            "layout": "wide", "on_error": "skip"}"#;
        let options: CsvOptions = serde_json::from_str(text).unwrap();
        assert_eq!(options.timestamp_format, Some(TimestampFormat::DayMonthYear));
        assert_eq!((options.layout, options.on_error), (Some(Layout::Wide), OnError::Skip));
        let again: CsvOptions = serde_json::from_str(&serde_json::to_string(&options).unwrap()).unwrap();
        assert_eq!(again, options);
        assert_eq!(serde_json::from_str::<CsvOptions>("{}").unwrap(), CsvOptions::default());
    }

    #[test]
    fn says_what_it_accepts() {
        let error = serde_json::from_str::<CsvOptions>(r#"{"layout": "tall"}"#).unwrap_err().to_string();
        assert!(error.contains("`tall` is not a layout; write one of wide, long"), "{error}");
        assert!(serde_json::from_str::<CsvOptions>(r#"{"colums": 1}"#).is_err());
    }
}
