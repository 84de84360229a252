//! A share of a whole, as people write it.

use serde::Deserialize;
use std::str::FromStr;

/// A share of a whole: `0.7` or `70%`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a share; write it as 70% or 0.7");
        let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        if number.is_finite() { Ok(Self(number / unit)) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Share {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_sign() {
        for (text, expected) in [("70%", 0.7), ("0.7", 0.7), ("0.125%", 0.001_25), ("1 %", 0.01)] {
            assert!(text.parse::<Share>().is_ok_and(|share| (share.0 - expected).abs() < 1e-12), "{text}");
        }
        for text in ["", "%", "much", "NaN", "inf%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
