//! Jobs as files: `tests/golden/spark/NAME.yaml` gives `NAME.py`. `TIDECAST_WRITE_GOLDEN=1 cargo test` writes them anew: read
//! the difference before committing it.

use super::{Input, Output, job};
use crate::config::{Config, ProcessEnvironment};
use std::path::Path;

#[test]
fn configurations_become_jobs() {
    let cases = [("network", Input::Files, Output::Csv), ("every_measure", Input::Kafka, Output::Kafka)];
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spark");
    for (name, input, output) in cases {
        let config =
            Config::load(&directory.join(name).with_extension("yaml"), &ProcessEnvironment, &["auto"]).unwrap();
        let (analytics, keys) = config.analytics.iter().next().map(|(name, config)| (name, &config.keys)).unwrap();
        let stream = config.sources[&keys.input].stream().unwrap();
        let readers = config.analytics.values().map(|config| &config.keys);
        let actual = job(analytics, keys, stream, readers, (input, output)).unwrap();
        let golden = directory.join(name).with_extension("py");
        if std::env::var_os("TIDECAST_WRITE_GOLDEN").is_some() {
            std::fs::write(&golden, &actual).unwrap();
        }
        assert_eq!(actual, std::fs::read_to_string(&golden).unwrap_or_default(), "{}", golden.display());
    }
}
