//! `sources`: where samples come from.

use super::accepted::accepted;
use super::document::{Entry, Section};
use super::preset;
use super::problem::Problem;
use super::redis::{RedisKeys, without_credentials};
use super::stream::{self, STREAM_KEYS, StreamKeys};
use serde::{Deserialize, Serialize};
use tidecast_connect::files::{CsvOptions, Layout};
use tidecast_connect::http::MetricsPollOptions;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::SeriesKey;

/// One source.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SourceConfig {
    /// `type: csv`: a file.
    Csv {
        /// Where it is: a path on this machine, relative to the working directory, or `s3://bucket/key`.
        path: String,
        /// How it is read.
        #[serde(flatten)]
        options: CsvOptions,
    },
    /// `type: redis_stream`: messages of a Redis stream.
    RedisStream {
        /// Which stream, and how it is read.
        #[serde(flatten)]
        redis: RedisKeys,
        /// What is made of its messages.
        #[serde(flatten)]
        stream: StreamKeys,
    },
    /// `type: http_poll`: the figures of a network-monitoring service of another make, asked for again and again.
    HttpPoll(PollKeys),
    /// `type: push`: messages that others post to `/api/v1/sources/NAME/records`.
    Push {
        /// What is made of them.
        #[serde(flatten)]
        stream: StreamKeys,
    },
}

/// The keys of a service that is polled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollKeys {
    /// Its address, such as `http://analytics:8000/metrics`.
    #[serde(serialize_with = "without_credentials")]
    pub url: String,
    /// The time between two requests.
    #[serde(default = "default_poll")]
    pub every: DurationMs,
    /// What the names of its series begin with.
    #[serde(default = "default_prefix")]
    pub prefix: String,
}

fn default_poll() -> DurationMs {
    DurationMs(5_000)
}

fn default_prefix() -> String {
    "network".to_owned()
}

impl PollKeys {
    /// The source of that name.
    #[must_use]
    pub fn options(&self, name: &str) -> MetricsPollOptions {
        let Self { url, every, prefix } = self.clone();
        MetricsPollOptions { name: name.to_owned(), url, every, prefix }
    }

    fn check(&self, section: &Section, problems: &mut Vec<Problem>) {
        let options = self.options("");
        problems.extend(options.check_url().err().map(|reason| section.problem("url", reason)));
        problems.extend(options.check_prefix().err().map(|error| section.problem("prefix", error.to_string())));
        super::forecast::positive_duration(section, "every", problems);
    }
}

impl SourceConfig {
    /// The name of its type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::HttpPoll(_) => "http_poll",
            Self::RedisStream { .. } => "redis_stream",
            Self::Push { .. } => "push",
        }
    }

    /// What is made of its records; `None` where it gives samples.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamKeys> {
        match self {
            Self::Csv { .. } | Self::HttpPoll(_) => None,
            Self::RedisStream { stream, .. } | Self::Push { stream } => Some(stream),
        }
    }
}

/// The keys of a CSV source besides those of [`CsvOptions`].
pub(super) const CSV_KEYS: [&str; 3] = ["type", "preset", "path"];
const TYPES: [&str; 4] = ["csv", "http_poll", "push", "redis_stream"];

pub(super) fn parse(mut section: Section, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    preset::fill_in(&mut section, &preset::SOURCES, problems);
    let Some(node) = section.value("type") else {
        problems.push(match section.misspelt("type") {
            Some(Entry { key, location, .. }) => {
                Problem::new(*location, section.key_path(key), "unknown key; did you mean `type`?")
            }
            None => section.problem("type", format!("missing{}", accepted("", &TYPES))),
        });
        return None;
    };
    match node.text() {
        Some("csv") => csv(section, problems),
        Some("redis_stream") => redis_stream(section, problems),
        Some("push") => push(section, problems),
        Some("http_poll") => http_poll(section, problems),
        text => {
            let written = text.filter(|_| !node.substituted).unwrap_or_default();
            let message = format!("{} is no type of source{}", section.shown("type"), accepted(written, &TYPES));
            problems.push(section.problem("type", message));
            None
        }
    }
}

fn redis_stream(mut section: Section, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    section.take("type");
    let stream = stream::take(&mut section, problems);
    section.require(&["url", "stream"], problems);
    let redis: RedisKeys = section.decode(&[&["type"], &STREAM_KEYS[..]].concat(), problems)?;
    let stream = stream?;
    redis.check(&section, &stream, problems);
    Some(SourceConfig::RedisStream { redis, stream })
}

fn http_poll(mut section: Section, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    section.take("type");
    section.require(&["url"], problems);
    let keys: PollKeys = section.decode(&["type"], problems)?;
    keys.check(&section, problems);
    Some(SourceConfig::HttpPoll(keys))
}

fn push(mut section: Section, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    section.take("type");
    let stream = stream::take(&mut section, problems);
    section.refuse_unknown(&[&["type"], &STREAM_KEYS[..]].concat(), problems);
    Some(SourceConfig::Push { stream: stream? })
}

fn csv(mut section: Section, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    section.take("type");
    let path = csv_path(&section, problems);
    section.take("path");
    let options: CsvOptions = section.decode(&CSV_KEYS, problems)?;
    let checks = [
        ("series", check_series(&section, &options)),
        (
            "columns",
            (options.columns == Some(0)).then(|| "at least one column must be read; write 1 or more".to_owned()),
        ),
        ("delimiter", check_delimiter(&section, &options)),
        ("zone", check_zone(&section, &options)),
    ];
    for (key, message) in checks {
        problems.extend(message.map(|message| section.problem(key, message)));
    }
    Some(SourceConfig::Csv { path: path?, options })
}

fn csv_path(section: &Section, problems: &mut Vec<Problem>) -> Option<String> {
    section.require(&["path"], problems);
    let node = section.value("path")?;
    let path = node.text().filter(|text| !node.is_null() && !text.is_empty());
    if path.is_none() {
        problems.push(section.problem("path", format!("expected a file or s3://bucket/key, found {}", node.shown())));
    }
    if let Some((scheme, rest)) = path.and_then(|path| path.split_once("://")) {
        // Not shown: it may hold a password.
        let message = match (scheme, rest.split('/').next().is_some_and(|bucket| bucket.contains('@'))) {
            ("s3", false) => return path.map(str::to_owned),
            ("s3", true) => {
                "the bucket holds an @; leave user and password out, they come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            }
            _ => "its scheme is unknown; write a file of this machine or s3://bucket/key",
        };
        problems.push(section.problem("path", message));
        return None;
    }
    path.map(str::to_owned)
}

fn check_series(section: &Section, options: &CsvOptions) -> Option<String> {
    let template = options.series.as_deref()?;
    // A plain name stands for what a header could hold.
    if template.replace("$column", "column").parse::<SeriesKey>().is_err() {
        let shown = section.shown("series");
        return Some(format!("{shown} is not a series; write it as in power{{device_id=\"$column\"}}"));
    }
    let is_wide = options.layout == Some(Layout::Wide) && options.columns != Some(1);
    (is_wide && !template.contains("$column")).then(|| {
        let shown = section.shown("series");
        format!("{shown} would be the name of every column; put $column into it, as in power{{device_id=\"$column\"}}")
    })
}

fn check_delimiter(section: &Section, options: &CsvOptions) -> Option<String> {
    let delimiter = options.delimiter?;
    let is_usable = delimiter.is_ascii() && !matches!(delimiter, '"' | '\r' | '\n');
    (!is_usable).then(|| {
        let shown = section.shown("delimiter");
        format!("{shown} cannot separate cells; write an ASCII character such as \";\", \",\" or \"\\t\"")
    })
}

fn check_zone(section: &Section, options: &CsvOptions) -> Option<String> {
    let zone = options.zone.as_deref()?;
    jiff::tz::TimeZone::get(zone).is_err().then(|| {
        let shown = section.shown("zone");
        format!("{shown} is no time zone; write an IANA name such as UTC or Europe/Zurich")
    })
}
