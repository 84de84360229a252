//! The Prometheus text format, version 0.0.4.

use std::fmt::{Display, Write as _};

/// A page of metrics being written.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

/// What a metric is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
}

impl Exposition {
    /// The media type.
    pub(super) const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Writes one metric with all of its samples: labels, then the value. Nothing without samples.
    pub(super) fn metric<'a, V: Display>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'a str, &'a str)>, V)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            self.text.push_str(name);
            for (place, (label, text)) in labels.iter().enumerate() {
                let before = if place == 0 { '{' } else { ',' };
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(self.text, "{before}{label}=\"{text}\"");
            }
            let end = if labels.is_empty() { "" } else { "}" };
            let _ = writeln!(self.text, "{end} {value}");
        }
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Whether an `Accept` header asks for the text format (or OpenMetrics, of which it is the common part) rather than for JSON.
pub(super) fn prefers_text(accept: &str) -> bool {
    let (mut text, mut json) = (0.0_f64, 0.0_f64);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.filter_map(|part| part.strip_prefix("q=")).filter_map(|q| q.parse().ok()).next();
        let quality: f64 = quality.unwrap_or(1.0);
        match media.as_str() {
            "text/plain" | "text/*" | "application/openmetrics-text" => text = text.max(quality),
            "application/json" | "application/*" | "*/*" => json = json.max(quality),
            _ => {}
        }
    }
    text > json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_prefers_text() {
        let cases = [
            // Prometheus 2 and 3, curl, a browser, axios, fetch, and whoever says it.
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", true),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                true,
            ),
            ("*/*", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("application/json, text/plain, */*", false),
            ("", false),
            ("text/plain", true),
            ("text/*", true),
            ("text/*;q=0.5, */*;q=0.1", true),
            ("text/*, application/json", false),
            ("TEXT/PLAIN; q=0.9, application/json; q=0.1", true),
            ("text/plain;q=0.1, application/json", false),
        ];
        for (accept, expected) in cases {
            assert_eq!(prefers_text(accept), expected, "{accept}");
        }
    }

    #[test]
    fn labels_are_escaped_and_empty_metrics_left_out() {
        let mut page = Exposition::default();
        page.metric("up", Kind::Gauge, "Whether it is up.", [(vec![("source", "a\"b\\c\nd")], 1)]);
        page.metric("build", Kind::Counter, "Builds.", [(Vec::new(), 2.5)]);
        page.metric("none", Kind::Gauge, "Nothing.", Vec::<(Vec<(&str, &str)>, u64)>::new());
        let expected = "# HELP up Whether it is up.\n# TYPE up gauge\nup{source=\"a\\\"b\\\\c\\nd\"} 1\n\
                        # HELP build Builds.\n# TYPE build counter\nbuild 2.5\n";
        assert_eq!(page.finish(), expected);
    }
}
