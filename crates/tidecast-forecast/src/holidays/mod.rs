//! Public holidays by country: days on which most people do not work, by the rules of their laws.
//!
//! Nationwide holidays only; one-off days (coronations, elections) are not known. Compared with published calendars
//! of 2015 to 2030 in a test.

mod civil;
mod rules;

use rules::Rule;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const DAY_MS: i64 = 86_400_000;

/// A country whose holidays are known, by its ISO 3166-1 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(&'static rules::Holidays);

/// The country is none whose holidays are known.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the holidays of `{code}` are not known; known countries: {}", known().join(", "))]
pub struct UnknownCountry {
    /// What was asked for.
    pub code: String,
}

/// Codes of the countries whose holidays are known.
#[must_use]
pub fn known() -> Vec<&'static str> {
    rules::COUNTRIES.iter().map(|holidays| holidays.code).collect()
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(code: &str) -> Result<Self, UnknownCountry> {
        let found = rules::COUNTRIES.iter().find(|holidays| holidays.code.eq_ignore_ascii_case(code));
        found.map(Self).ok_or_else(|| UnknownCountry { code: code.to_owned() })
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(code: String) -> Result<Self, UnknownCountry> {
        code.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0.code.to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code)
    }
}

impl Country {
    /// Whether the day, in UTC, of a time, ms since the Unix epoch, is a holiday.
    #[must_use]
    pub fn is_holiday(self, time_ms: i64) -> bool {
        let day = time_ms.div_euclid(DAY_MS);
        let (year, ..) = civil::date(day);
        // Years far from the present have the rules of the present; this only keeps the arithmetic in range.
        (1..=9_999).contains(&year) && self.0.rules.iter().any(|rule| rule.falls_on(day, year))
    }

    /// The holidays of a year, as days since 1970-01-01, ascending.
    #[must_use]
    pub fn of_year(self, year: i64) -> Vec<i64> {
        let days = civil::day(year, 1, 1)..civil::day(year + 1, 1, 1);
        days.filter(|day| self.0.rules.iter().any(|rule| rule.falls_on(*day, year))).collect()
    }
}

impl Rule {
    fn falls_on(&self, day: i64, year: i64) -> bool {
        self.days(year).contains(&Some(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines such as `GB 2018 0101 0330`: holidays on Mondays to Fridays, 2015 to 2030, from the Python package `holidays`
    /// (MIT), without one-off days.
    const PUBLISHED: &str = include_str!("published.txt");

    #[test]
    fn as_published() {
        let mut lines = 0;
        for line in PUBLISHED.lines() {
            let mut words = line.split(' ');
            let country: Country = words.next().unwrap().parse().unwrap();
            let year = words.next().unwrap().parse().unwrap();
            let expected: Vec<&str> = words.collect();
            let on_weekdays = country.of_year(year).into_iter().filter(|day| civil::weekday(*day) < 5);
            let days: Vec<String> = on_weekdays
                .map(|day| {
                    let (_, month, of_month) = civil::date(day);
                    format!("{month:02}{of_month:02}")
                })
                .collect();
            assert_eq!(days, expected, "{line}");
            lines += 1;
        }
        assert_eq!(lines, known().len() * 16 - 5);
    }

    #[test]
    fn unknown_countries_list_the_known() {
        let error = "XX".parse::<Country>().unwrap_err().to_string();
        assert!(error.contains("`XX`") && error.contains("DE, ES"), "{error}");
        assert_eq!("gb".parse::<Country>().unwrap().to_string(), "GB");
    }

    #[test]
    fn any_time_has_an_answer() {
        let country: Country = "US".parse().unwrap();
        assert!(!country.is_holiday(i64::MIN) && !country.is_holiday(i64::MAX));
        assert!(country.is_holiday(civil::day(2021, 12, 31) * DAY_MS + 5));
    }
}
