//! Text as it may stand in HTML and SVG, and figures as the page writes them.

use std::fmt;

/// Text that is escaped when it is written: for element content and for attributes in double quotes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Nothing that a browser would refuse, or show as something else.
                other if other.is_control() && other != '\n' => f.write_str("\u{fffd}")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

/// A measure with `digits` decimals, a dash where there is none.
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// Four digits of a value in the unit of the series.
pub(super) fn figure(value: Option<f64>) -> String {
    let size = value.unwrap_or(0.0).abs();
    let digits = match size {
        1_000.0.. => 0,
        10.0.. => 1,
        0.1.. => 3,
        _ => 6,
    };
    number(value, digits)
}

/// A share as whole percent.
pub(super) fn percent(share: Option<f64>) -> String {
    share.filter(|share| share.is_finite()).map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_data_becomes_markup() {
        let text = Escaped("<script>alert('a & \"b\"')</script>\u{0}").to_string();
        assert_eq!(text, "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;\u{fffd}");
    }

    #[test]
    fn figures_have_about_four_digits() {
        let cases = [(12_345.6, "12346"), (45.67, "45.7"), (4.5678, "4.568"), (0.0012, "0.001200")];
        for (value, expected) in cases {
            assert_eq!(figure(Some(value)), expected);
        }
        assert_eq!(number(None, 3), "–");
        assert_eq!(number(Some(f64::NAN), 3), "–");
        assert_eq!(percent(Some(0.804)), "80 %");
    }
}
