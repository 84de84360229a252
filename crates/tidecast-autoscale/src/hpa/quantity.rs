//! Kubernetes quantities as floating-point numbers, to the last bit as upstream makes them.
//!
//! Tolerances are quantities, and a usage ratio may lie exactly on one. Upstream keeps a quantity as an integer and a
//! power of ten, and multiplies the two when it needs a float: "0.3" is 3 times 0.1, which is not the float nearest to
//! 0.3. Quantities with many digits, or a fraction before a binary suffix, go through arbitrary precision and are rounded
//! up to whole billionths first.

use std::borrow::Cow;

/// The text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// There is something in it that belongs to no number and no suffix.
    #[error("`{0}` is no quantity; write a number with a suffix at most, such as 0.1 or 100m")]
    Format(String),
    /// The number is fine, what follows it is not.
    #[error(
        "`{text}` has the suffix `{suffix}`; accepted: n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, or e and an exponent"
    )]
    Suffix {
        /// All of it.
        text: String,
        /// What is not known.
        suffix: String,
    },
}

/// The digits of a quantity and what they are multiplied with.
#[derive(Debug)]
struct Parts<'a> {
    is_negative: bool,
    has_digits: bool,
    /// Before the point, without leading zeros; "0" for none.
    whole: &'a str,
    fraction: &'a str,
    unit: Unit,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    PowerOfTen(i32),
    /// Of 1,024.
    PowerOfKibi(u32),
}

/// Upstream's `ParseQuantity` and then `AsApproximateFloat64`.
///
/// # Errors
/// If it is no quantity.
pub fn approximate_quantity(text: &str) -> Result<f64, QuantityError> {
    let parts = split(text)?;
    let magnitude = match short(&parts) {
        Some(magnitude) => magnitude,
        None if parts.has_digits => long(&parts),
        // Upstream takes no digits at all for a zero, but only where the number could be short.
        None => return Err(QuantityError::Format(text.to_owned())),
    };
    // An integer has no negative zero.
    Ok(if parts.is_negative && magnitude != 0.0 { -magnitude } else { magnitude })
}

fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    let format = || QuantityError::Format(text.to_owned());
    if text.is_empty() {
        return Err(format());
    }
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = digits(unsigned.trim_start_matches('0'));
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
    // A suffix is letters, then maybe a sign, then maybe digits, and nothing else.
    let exponent = suffix.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']);
    let (_, rest) = digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    if !rest.is_empty() {
        return Err(format());
    }
    let unknown = || QuantityError::Suffix { text: text.to_owned(), suffix: suffix.to_owned() };
    let unit = unit(suffix).ok_or_else(unknown)?;
    let has_digits = unsigned.starts_with(|first: char| first.is_ascii_digit()) || !fraction.is_empty();
    Ok(Parts { is_negative, has_digits, whole: if whole.is_empty() { "0" } else { whole }, fraction, unit })
}

/// The digits at the beginning, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn unit(suffix: &str) -> Option<Unit> {
    const DECIMAL: [(&str, i32); 10] =
        [("", 0), ("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    const BINARY: [(&str, u32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some(Unit::PowerOfTen(*exponent));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some(Unit::PowerOfKibi(*exponent));
    }
    // Upstream keeps the lower half of a longer exponent.
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some(Unit::PowerOfTen(exponent as i32))
}

/// Where the number fits an integer: up to 18 digits, no finer than billionths.
fn short(parts: &Parts<'_>) -> Option<f64> {
    let length = parts.whole.len() + parts.fraction.len();
    let (factor, exponent) = match parts.unit {
        Unit::PowerOfTen(exponent) if length <= 18 => (1, exponent),
        Unit::PowerOfKibi(power) if parts.fraction.is_empty() && length + 3 * power as usize <= 14 => {
            (1_i64 << (10 * power), 0)
        }
        Unit::PowerOfTen(_) | Unit::PowerOfKibi(_) => return None,
    };
    let exponent = exponent.wrapping_sub(parts.fraction.len() as i32);
    if exponent < -9 {
        return None;
    }
    let number: i64 = format!("{}{}", parts.whole, parts.fraction).parse().ok()?;
    Some(scale(number.checked_mul(factor)? as f64, exponent))
}

/// Arbitrary precision, on decimal digits.
fn long(parts: &Parts<'_>) -> f64 {
    let number = format!("{}{}", parts.whole, parts.fraction);
    let number = number.trim_start_matches('0');
    if number.is_empty() {
        return 0.0;
    }
    let places = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
    match parts.unit {
        Unit::PowerOfTen(exponent) => billionths(number, places.saturating_sub(i64::from(exponent))),
        Unit::PowerOfKibi(power) => {
            let bytes = (0..power).fold(number.as_bytes().to_vec(), |digits, _| times_1024(&digits));
            let bytes = String::from_utf8(bytes).unwrap_or_default();
            billionths(&bytes, places).min(i64::MAX as f64)
        }
    }
}

/// An integer with the last `places` of its digits behind the point, rounded up to billionths.
fn billionths(number: &str, places: i64) -> f64 {
    let length = i64::try_from(number.len()).unwrap_or(i64::MAX);
    let excess = places.saturating_sub(9);
    // Longer than any float, on either side.
    if length.saturating_sub(excess) > 400 {
        return f64::INFINITY;
    }
    if excess >= length {
        return scale(1.0, -9);
    }
    let billionths: Cow<'_, str> = match usize::try_from(excess) {
        Ok(excess) => {
            let (kept, cut) = number.split_at(number.len() - excess);
            if cut.bytes().all(|digit| digit == b'0') { kept.into() } else { plus_one(kept).into() }
        }
        // Too few places: zeros fill them up.
        Err(_) => (number.to_owned() + &"0".repeat(excess.unsigned_abs() as usize)).into(),
    };
    // Reading decimal digits rounds to the nearest float, as upstream's conversion of a great integer does.
    scale(billionths.parse().unwrap_or(f64::INFINITY), -9)
}

fn plus_one(number: &str) -> String {
    let kept = number.trim_end_matches('9');
    let nines = number.len() - kept.len();
    let mut digits = kept.as_bytes().to_vec();
    match digits.last_mut() {
        Some(last) => *last += 1,
        None => digits.push(b'1'),
    }
    String::from_utf8(digits).unwrap_or_default() + &"0".repeat(nines)
}

fn times_1024(digits: &[u8]) -> Vec<u8> {
    let mut product = Vec::with_capacity(digits.len() + 4);
    let mut carry = 0_u32;
    for digit in digits.iter().rev() {
        carry += u32::from(digit - b'0') * 1024;
        product.push(b'0' + (carry % 10) as u8);
        carry /= 10;
    }
    while carry > 0 {
        product.push(b'0' + (carry % 10) as u8);
        carry /= 10;
    }
    product.reverse();
    product
}

fn scale(number: f64, exponent: i32) -> f64 {
    if exponent == 0 { number } else { number * power_of_ten(exponent) }
}

/// Go's `math.Pow10` where it is used here, from -9 on: powers up to 31 are exact or nearest, those above are the product
/// of two.
fn power_of_ten(exponent: i32) -> f64 {
    if exponent > 308 {
        return f64::INFINITY;
    }
    let nearest = |exponent: i32| format!("1e{exponent}").parse().unwrap_or(f64::NAN);
    if exponent < 32 { nearest(exponent) } else { nearest(exponent / 32 * 32) * nearest(exponent % 32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_become_the_floats_of_upstream() {
        let cases = [
            ("0", 0.0),
            ("0.3", 0.300_000_000_000_000_04),
            ("0.35", 0.350_000_000_000_000_03),
            ("0.333", 0.333),
            ("25m", 0.025),
            ("7e-2", 0.07),
            ("1", 1.0),
            (".5", 0.5),
            ("1.", 1.0),
            ("+007", 7.0),
            ("-0.1", -0.1),
            ("1.5Ki", 1536.0),
            ("0.1n", 1e-9),
            ("1e400", f64::INFINITY),
            ("99999999999999999999Ei", 9_223_372_036_854_775_807.0),
        ];
        for (text, expected) in cases {
            assert_eq!(approximate_quantity(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        let format = |text: &str| QuantityError::Format(text.to_owned());
        let suffix =
            |text: &str, suffix: &str| QuantityError::Suffix { text: text.to_owned(), suffix: suffix.to_owned() };
        for text in ["", "x", "1 ", "1e5k", "1.2.3", "0,1", "1e+-5"] {
            assert_eq!(approximate_quantity(text), Err(format(text)));
        }
        for (text, unknown) in [("1i", "i"), ("1e", "e"), ("1ek", "ek"), ("5-", "-"), ("1mm", "mm"), ("--1", "-1")] {
            assert_eq!(approximate_quantity(text), Err(suffix(text, unknown)));
        }
    }
}
