//! Configurations and what becomes of them, as files under `tests/golden/config`.
//!
//! `broken/NAME.yaml` fails with exactly the message in `broken/NAME.expected`; `good/NAME.yaml` gives the
//! configuration printed in `good/NAME.expected`. `TIDECAST_WRITE_GOLDEN=1 cargo test` writes the expectations anew:
//! read the difference before committing it.

use super::fixtures::FixedEnvironment;
use super::{Config, ConfigError, TokenError};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const MODELS: [&str; 4] = ["auto", "seasonal_naive", "ridge", "lstm"];
const SECRET: &str = "hunter2";

fn environment() -> FixedEnvironment {
    FixedEnvironment::new(
        &[
            ("SECRET", SECRET),
            ("DATA", "/var/lib/tidecast"),
            ("TRICKY", "a: 'b'\n- \"c\" # d"),
            ("COLUMNS", "4"),
            ("PORT", "9000"),
        ],
        &[("/run/secrets/token", SECRET), ("/run/secrets/blank", " \n"), ("/run/retention", "52w\n")],
    )
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse("tidecast.yaml", text, &environment(), &MODELS)
}

/// Checks every YAML file of a golden directory and returns how many there are.
fn check_directory(name: &str, actual: impl Fn(&str, &Path) -> String) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/config").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    for file in &files {
        let actual = actual(&std::fs::read_to_string(file).unwrap(), file) + "\n";
        let golden = file.with_extension("expected");
        if std::env::var_os("TIDECAST_WRITE_GOLDEN").is_some() {
            std::fs::write(&golden, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(actual, expected, "{}", file.display());
    }
    files.len()
}

#[test]
fn broken_files_say_what_is_wrong() {
    let count = check_directory("broken", |text, file| match parse(text) {
        Ok(_) => panic!("{} is accepted", file.display()),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains(SECRET) && !format!("{error:?}").contains(SECRET), "{}", file.display());
            message
        }
    });
    assert!(count >= 25, "only {count} broken files were found");
}

#[test]
fn good_files_mean_what_they_say() {
    let count = check_directory("good", |text, file| match parse(text) {
        Ok(config) => serde_json::to_string_pretty(&config).unwrap(),
        Err(error) => panic!("{}: {error}", file.display()),
    });
    assert!(count >= 5, "only {count} good files were found");
}

#[test]
fn reads_the_token_and_hides_it() {
    let server = |path: &str| parse(&format!("server: {{token_file: {path}}}")).unwrap().server;
    let token = server("/run/secrets/token").token(&environment()).unwrap().unwrap();
    assert!(token.matches(SECRET));
    assert_eq!(format!("{token:?}"), "[secret]");
    assert!(matches!(server("/run/secrets/blank").token(&environment()), Err(TokenError::Malformed { .. })));
    assert!(matches!(server("/absent").token(&environment()), Err(TokenError::Unreadable { .. })));
    assert!(parse("server:").unwrap().server.token(&environment()).unwrap().is_none());
}

#[test]
fn a_file_that_is_not_there() {
    let error = Config::load(Path::new("/absent.yaml"), &environment(), &MODELS).unwrap_err().to_string();
    assert!(error.starts_with("/absent.yaml: the configuration cannot be read: "), "{error}");
}

proptest! {
    /// Text of the characters that mean something in YAML, and of this format's own words.
    #[test]
    fn no_text_panics(parts in proptest::collection::vec(
        prop_oneof![
            "[ \n\t:,\\-\\[\\]{}'\"#&*!|>%@`$~?é0-9a]{1,4}",
            proptest::sample::select(vec![
                "store", "sources", "forecasts", "server", ": ", "\n  ", "\n    ", "type: csv", "preset: smart-meters",
                "series: power", "horizon: 1d", "quantiles: [0.1, 0.9]", "${SECRET}", "${file:/run/secrets/token}",
                "listen", "0.0.0.0:1", "null", "---", "<<: *a", "99999999999999999999w", "-1",
            ]).prop_map(str::to_owned),
            any::<String>(),
        ],
        0..40,
    )) {
        if let Err(error) = parse(&parts.concat()) {
            let message = error.to_string();
            prop_assert!(message.lines().all(|line| line.starts_with("tidecast.yaml:")), "{}", message);
        }
    }

    /// Whatever a variable holds, it stays one value and the lines below keep their numbers.
    #[test]
    fn substitution_keeps_the_structure(value in any::<String>()) {
        let environment = FixedEnvironment::new(&[("V", &value)], &[]);
        let text = "store: embedded:${V}x\nretention: none\n";
        let error = Config::parse("f", text, &environment, &MODELS).unwrap_err().to_string();
        prop_assert!(error.starts_with("f:2:12: retention: "), "{}", error);
        prop_assert_eq!(error.lines().count(), 1);
    }
}
