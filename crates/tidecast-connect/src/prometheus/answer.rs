//! The answer to a query over a range, as it travels.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Text of a server in messages: enough to understand, and no more.
const TEXT_CHARACTERS_MAX: usize = 400;

/// Any answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) data: Option<Data>,
    #[serde(rename = "errorType", default)]
    error_type: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
    /// VictoriaMetrics: some of its nodes did not answer.
    #[serde(rename = "isPartial", default)]
    is_partial: Option<bool>,
}

/// What a query gave.
#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) result: Vec<Series>,
}

/// One series of a matrix.
#[derive(Deserialize)]
pub(super) struct Series {
    #[serde(default)]
    pub(super) metric: BTreeMap<String, String>,
    /// Seconds since the Unix epoch, and a number as text.
    #[serde(default)]
    pub(super) values: Vec<(f64, String)>,
    #[serde(default)]
    pub(super) histograms: Option<IgnoredAny>,
}

impl Answer {
    /// `errorType` and `error` of an answer that is one.
    pub(super) fn refusal(&self) -> Option<(String, String)> {
        let text = |text: &Option<String>, otherwise| shortened(text.as_deref().unwrap_or(otherwise));
        (self.status == "error").then(|| (text(&self.error_type, "error"), text(&self.error, "it does not say why")))
    }

    /// What it says besides.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> + '_ {
        let partial =
            self.is_partial.unwrap_or(false).then_some("the answer lacks the data of some of the server's nodes");
        let said = [&self.warnings, &self.infos].into_iter().flatten().flatten().map(String::as_str);
        partial.into_iter().chain(said).map(shortened)
    }
}

/// A series as Prometheus writes it: `requests{code="200",job="web"}`.
pub(super) fn labels(metric: &BTreeMap<String, String>) -> String {
    let name = metric.get("__name__").map_or("", String::as_str);
    let others = metric.iter().filter(|(label, _)| *label != "__name__");
    let others: Vec<String> = others.map(|(label, value)| format!("{label}={value:?}")).collect();
    if others.is_empty() && !name.is_empty() {
        return shortened(name);
    }
    shortened(&format!("{name}{{{}}}", others.join(",")))
}

/// A text without what a terminal would obey, and not too much of it.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    let mut shown: String =
        text.chars().take(TEXT_CHARACTERS_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(TEXT_CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_shown_as_prometheus_writes_them() {
        let cases: [(&[(&str, &str)], &str); 4] = [
            (&[], "{}"),
            (&[("__name__", "up")], "up"),
            (&[("__name__", "up"), ("job", "a\"b"), ("code", "200")], r#"up{code="200",job="a\"b"}"#),
            (&[("job", "a")], r#"{job="a"}"#),
        ];
        for (metric, expected) in cases {
            let metric = metric.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
            assert_eq!(labels(&metric), expected);
        }
        assert_eq!(shortened(" a\n\u{1b}b "), "a  b");
        assert_eq!(shortened(&"x".repeat(401)).chars().count(), 401);
    }
}
