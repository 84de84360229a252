//! Holds `docs/configuration.md` to the keys that are really accepted, and every example and shipped file to being
//! accepted; policies in `docs/autoscaling-replay.md` likewise.

use super::fixtures::FixedEnvironment;
use super::server::ServerKeys;
use super::source::CSV_KEYS;
use super::stream::STREAM_KEYS;
use super::{AnalyticsKeys, Config, ForecastConfig, KEYS, PolicyConfig, PollKeys, RedisKeys};
use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tidecast_connect::files::CsvOptions;

/// Learns the fields of a struct by being asked to deserialize it.
struct FieldsOf<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for FieldsOf<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(fields);
        Err(Error::custom("only the names of the fields were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields_of<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
    let mut fields = Vec::new();
    assert!(T::deserialize(FieldsOf(&mut fields)).is_err());
    fields
}

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    std::fs::read_to_string(path).unwrap()
}

/// The keys in the table under a heading.
fn documented(document: &str, heading: &str) -> BTreeSet<String> {
    let section = document.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn describes_exactly_the_accepted_keys() {
    let csv = [CSV_KEYS.to_vec(), fields_of::<CsvOptions>()].concat();
    let sections = [
        ("Top level", KEYS.to_vec()),
        ("`sources.NAME` of type `csv`", csv),
        (
            "`sources.NAME` of type `redis_stream`",
            [vec!["type"], fields_of::<RedisKeys>(), STREAM_KEYS.to_vec()].concat(),
        ),
        ("`sources.NAME` of type `push`", [vec!["type"], STREAM_KEYS.to_vec()].concat()),
        ("`sources.NAME` of type `http_poll`", [vec!["type"], fields_of::<PollKeys>()].concat()),
        ("`analytics.NAME`", [vec!["preset"], fields_of::<AnalyticsKeys>()].concat()),
        ("`forecasts.NAME`", fields_of::<ForecastConfig>()),
        ("`server`", fields_of::<ServerKeys>()),
    ];
    for (heading, accepted) in sections {
        assert!(!accepted.is_empty(), "{heading}");
        let accepted: BTreeSet<String> = accepted.into_iter().map(str::to_owned).collect();
        assert_eq!(documented(&document(), heading), accepted, "{heading}");
    }
}

#[test]
fn its_examples_are_accepted() {
    let environment = FixedEnvironment::new(&[("DATA_DIRECTORY", "/data"), ("POD_IP", "10.0.0.1")], &[]);
    let document = document();
    let examples: Vec<&str> = document.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let files = examples.iter().filter(|example| !example.starts_with("type:"));
    let mut count = 0;
    for example in files {
        count += 1;
        if let Err(error) = Config::parse("docs/configuration.md", example, &environment, &["auto"]) {
            panic!("{error}\n{example}");
        }
    }
    assert_eq!(count, 5);
}

#[test]
fn its_preset_is_the_one_built_in() {
    let document = document();
    let keys = document.split("```yaml\n").find(|example| example.starts_with("type:")).unwrap();
    let keys: String = keys.split("```").next().unwrap().lines().map(|line| format!("    {line}\n")).collect();
    let environment = FixedEnvironment::new(&[], &[]);
    let sources = |text: &str| Config::parse("preset", text, &environment, &[]).unwrap().sources;
    let written = sources(&format!("sources:\n  m:\n    path: a\n{keys}"));
    assert_eq!(sources("sources: {m: {preset: smart-meters, path: a}}"), written);
}

#[test]
fn policies_are_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read("docs/autoscaling-replay.md");
    let examples = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let policies: Vec<PolicyConfig> = examples
        .map(|example| {
            PolicyConfig::parse("docs/autoscaling-replay.md", example).unwrap_or_else(|error| panic!("{error}"))
        })
        .collect();
    let path = "examples/autoscaling-policy/policy.yaml";
    let shipped = PolicyConfig::parse(path, &read(path)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(policies, [shipped], "the page has the example's policy");
}

/// Every `tidecast.yaml` below a directory.
fn configurations(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            configurations(&path, found);
        } else if path.file_name().is_some_and(|name| name == "tidecast.yaml") {
            found.push(path);
        }
    }
}

#[test]
fn shipped_configurations_are_accepted() {
    let mut found = Vec::new();
    for directory in ["deploy", "examples"] {
        configurations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(directory), &mut found);
    }
    assert!(!found.is_empty());
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(error) =
            Config::parse(&path.display().to_string(), &text, &FixedEnvironment::new(&[], &[]), &["auto"])
        {
            panic!("{error}");
        }
    }
}
