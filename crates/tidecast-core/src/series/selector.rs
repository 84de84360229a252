//! Selectors over names and labels: `power{device_id=~"meter_.*",site!="lab"}`.
//!
//! The grammar and the meaning are those of a Prometheus instant selector: regular expressions are anchored at
//! both ends and an absent label equals the empty string.

use super::SeriesKey;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A conjunction of matchers. The empty selector `{}` matches every series.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    matchers: Vec<Matcher>,
}

/// One condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    label: String,
    operator: MatchOperator,
    value: String,
    /// The anchored expression, for the two operators that have one.
    regex: Option<Regex>,
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
}

/// Why a text is not a selector.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{text}` is not a selector: {reason} at character {position}; write it as in power{{device_id=~\"meter_.*\"}}"
)]
pub struct ParseSelectorError {
    /// What was given.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// Where, counted in characters from 1.
    pub position: usize,
}

impl Selector {
    /// The selector that matches every series.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The selector that matches exactly this name and these labels (and any further labels).
    #[must_use]
    pub fn exact(series: &SeriesKey) -> Self {
        let labels = series.labels().iter().map(|(name, value)| Matcher::equal(name, value));
        Self { matchers: std::iter::once(Matcher::equal("__name__", series.name())).chain(labels).collect() }
    }

    /// Whether every matcher accepts the series.
    #[must_use]
    pub fn matches(&self, series: &SeriesKey) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(series))
    }

    /// The conditions, in the order given.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }
}

impl Matcher {
    fn equal(label: &str, value: &str) -> Self {
        Self { label: label.to_owned(), operator: MatchOperator::Equal, value: value.to_owned(), regex: None }
    }

    /// The label it looks at; `__name__` is the metric name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// How it compares.
    #[must_use]
    pub fn operator(&self) -> MatchOperator {
        self.operator
    }

    /// The value or regular expression it compares with.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value, if this is an equality.
    #[must_use]
    pub fn equal_value(&self) -> Option<&str> {
        (self.operator == MatchOperator::Equal).then_some(self.value.as_str())
    }

    fn matches(&self, series: &SeriesKey) -> bool {
        let actual = series.label(&self.label);
        match self.operator {
            MatchOperator::Equal => actual == self.value,
            MatchOperator::NotEqual => actual != self.value,
            MatchOperator::Matches => self.regex.as_ref().is_some_and(|regex| regex.is_match(actual)),
            MatchOperator::NotMatches => self.regex.as_ref().is_some_and(|regex| !regex.is_match(actual)),
        }
    }
}

impl FromStr for Selector {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Parser { text, rest: text }.selector()
    }
}

/// A recursive-descent parser; `rest` is what is still to read.
struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn selector(mut self) -> Result<Selector, ParseSelectorError> {
        let mut matchers = Vec::new();
        self.skip_space();
        let name = self.identifier(true);
        if !name.is_empty() {
            matchers.push(Matcher::equal("__name__", &name));
        }
        self.skip_space();
        if self.take("{") {
            loop {
                self.skip_space();
                if self.take("}") {
                    break;
                }
                matchers.push(self.matcher()?);
                self.skip_space();
                if !self.take(",") && !self.rest.starts_with('}') {
                    return Err(self.error("expected `,` or `}`"));
                }
            }
        } else if matchers.is_empty() {
            return Err(self.error("expected a metric name or `{`"));
        }
        self.skip_space();
        if self.rest.is_empty() { Ok(Selector { matchers }) } else { Err(self.error("unexpected text")) }
    }

    fn matcher(&mut self) -> Result<Matcher, ParseSelectorError> {
        let label = self.identifier(false);
        if label.is_empty() {
            return Err(self.error("expected a label name"));
        }
        self.skip_space();
        let operators = [
            ("=~", MatchOperator::Matches),
            ("!~", MatchOperator::NotMatches),
            ("!=", MatchOperator::NotEqual),
            ("=", MatchOperator::Equal),
        ];
        let operator = operators.into_iter().find(|(text, _)| self.take(text)).map(|(_, operator)| operator);
        let operator = operator.ok_or_else(|| self.error("expected one of `=`, `!=`, `=~`, `!~`"))?;
        self.skip_space();
        let value = self.quoted()?;
        let regex = match operator {
            MatchOperator::Equal | MatchOperator::NotEqual => None,
            MatchOperator::Matches | MatchOperator::NotMatches => Some(
                Regex::new(&format!("^(?s:{value})$"))
                    .map_err(|_| self.error("the regular expression is not valid"))?,
            ),
        };
        Ok(Matcher { label, operator, value, regex })
    }

    fn quoted(&mut self) -> Result<String, ParseSelectorError> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or_else(|| self.error("expected a value in quotes"))?;
        let mut value = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                _ if character == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, escaped @ ('\\' | '"' | '\''))) => value.push(escaped),
                    // Prometheus wants `\\.`; a lone backslash before anything else is kept for regular expressions.
                    Some((_, other)) => value.extend(['\\', other]),
                    None => break,
                },
                _ => value.push(character),
            }
        }
        Err(self.error("the quote is not closed"))
    }

    fn identifier(&mut self, colon: bool) -> String {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let end = if self.rest.starts_with(|c: char| c.is_ascii_digit()) { 0 } else { end };
        let (identifier, rest) = self.rest.split_at(end);
        self.rest = rest;
        identifier.to_owned()
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn error(&self, reason: &str) -> ParseSelectorError {
        let read = self.text.len() - self.rest.len();
        ParseSelectorError {
            text: self.text.to_owned(),
            reason: reason.to_owned(),
            position: self.text[..read].chars().count() + 1,
        }
    }
}

impl fmt::Display for Selector {
    /// Prints it as people write it, the metric name in front of the braces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut matchers = self.matchers.as_slice();
        if let [first, rest @ ..] = matchers
            && first.label == "__name__"
            && first.equal_value().is_some_and(|name| super::key::is_identifier(name, true))
        {
            f.write_str(&first.value)?;
            if rest.is_empty() {
                return Ok(());
            }
            matchers = rest;
        }
        f.write_str("{")?;
        for (i, matcher) in matchers.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let operator = match matcher.operator {
                MatchOperator::Equal => "=",
                MatchOperator::NotEqual => "!=",
                MatchOperator::Matches => "=~",
                MatchOperator::NotMatches => "!~",
            };
            let value = matcher.value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            write!(f, "{comma}{}{operator}\"{value}\"", matcher.label)?;
        }
        f.write_str("}")
    }
}

impl TryFrom<String> for Selector {
    type Error = ParseSelectorError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_prometheus_does() {
        let series: SeriesKey = r#"power{device_id="meter_1",site="cambridge"}"#.parse().unwrap();
        let cases = [
            ("power", true),
            ("energy", false),
            ("{}", true),
            (r#"{device_id="meter_1"}"#, true),
            (r#"power{device_id=~"meter_.*"}"#, true),
            (r#"power{device_id=~"meter"}"#, false),
            (r#"power{device_id!~"meter_[2-9]"}"#, true),
            (r#"power{device_id!="meter_1"}"#, false),
            (r#"power{room=""}"#, true),
            (r#"power{room!=""}"#, false),
            (r#"{__name__=~"pow.+", site='cambridge',}"#, true),
            (r#"power{device_id=~"meter_\d"}"#, true),
        ];
        for (text, expected) in cases {
            let selector: Selector = text.parse().unwrap();
            assert_eq!(selector.matches(&series), expected, "{text}");
            let again: Selector = selector.to_string().parse().unwrap();
            assert_eq!(again.matches(&series), expected, "{text} printed as {selector}");
        }
    }

    #[test]
    fn prints_as_people_write() {
        for text in ["power", "{}", r#"power{a=~"b\\\\d",c!=""}"#, r#"{__name__="a b"}"#, r#"{__name__!~"a"}"#] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn errors_say_where() {
        let cases =
            [("", 1), ("power{", 7), ("power{a}", 8), (r#"power{a="b"#, 9), (r#"power{a=~"("}"#, 13), ("power x", 7)];
        for (text, position) in cases {
            let error = text.parse::<Selector>().unwrap_err();
            assert_eq!(error.position, position, "{error}");
        }
    }
}
