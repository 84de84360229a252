//! Short numbers of JSON, eight digits at a time.
//!
//! The exact quotient of two exactly representable numbers, as in [`crate::number`]. Cells of CSV are read there, digit by
//! digit: they are shorter, and most have the same length as the one before, so that a loop is guessed right.

use crate::number::{EXACT_MANTISSA, POWERS_OF_TEN};

const ONES: u64 = 0x0101_0101_0101_0101;
const DIGITS_MAX: usize = 15;
const WHOLE_POWERS_OF_TEN: [u64; DIGITS_MAX + 1] = {
    let mut powers = [1; DIGITS_MAX + 1];
    let mut exponent = 1;
    while exponent <= DIGITS_MAX {
        powers[exponent] = 10 * powers[exponent - 1];
        exponent += 1;
    }
    powers
};

/// The number at the beginning of a text and its length in bytes, if it has no exponent, few digits, and at least eight bytes
/// behind it. What it ends at is not looked at, but it is no digit, point or exponent.
#[inline]
pub(super) fn short_number(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let mut at = usize::from(negative);
    let (mut mantissa, whole) = digits(&text[at..])?;
    if whole == 0 || whole > 1 && text[at] == b'0' {
        return None;
    }
    at += whole;
    let mut decimals = 0;
    if text.get(at) == Some(&b'.') {
        let fraction;
        (fraction, decimals) = digits(&text[at + 1..])?;
        if decimals == 0 {
            return None;
        }
        // Where the product wraps around, there are more than nineteen digits.
        mantissa = mantissa.wrapping_mul(WHOLE_POWERS_OF_TEN[decimals]).wrapping_add(fraction);
        at += 1 + decimals;
    }
    let simple = whole + decimals <= 19 && mantissa <= EXACT_MANTISSA && !matches!(text.get(at), Some(b'e' | b'E'));
    let whole = mantissa as f64;
    // Most counts are whole: a division takes longer than all the rest.
    let magnitude = if decimals == 0 { whole } else { whole / POWERS_OF_TEN[decimals] };
    simple.then_some((if negative { -magnitude } else { magnitude }, at))
}

/// The digits at the beginning of a text as a number, and how many there are: at most [`DIGITS_MAX`].
#[inline]
fn digits(text: &[u8]) -> Option<(u64, usize)> {
    let (first, count) = up_to_eight_digits(text)?;
    if count < 8 {
        return Some((first, count));
    }
    let (second, more) = up_to_eight_digits(&text[8..])?;
    (more < 8).then(|| (first * WHOLE_POWERS_OF_TEN[more] + second, 8 + more))
}

/// As many digits as there are among the first eight bytes.
#[inline]
fn up_to_eight_digits(text: &[u8]) -> Option<(u64, usize)> {
    let digits = u64::from_le_bytes(*text.first_chunk()?) ^ (ONES * u64::from(b'0'));
    // The high bit of a byte is set where it is over nine. An addition may carry into the bytes behind such a one only.
    let others = (digits.wrapping_add(ONES * 0x76) | digits) & (ONES << 7);
    let count = others.trailing_zeros() / 8;
    // The digits go to the end, with zeros before them; shifted by 64 nothing would be left.
    let digits = digits.checked_shl(64 - 8 * count).unwrap_or(0);
    // Neighbours are joined: digits to numbers below 100, these to numbers below 10,000, these to one.
    let pairs = digits.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_FFFF_0000_FFFF;
    let number = fours.wrapping_mul(1 + (10_000 << 32)) >> 32;
    Some((number, count as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_short_is_left_to_others() {
        for text in ["", "-", "01", "1.", ".5", "1e3", "1.5E3", "x", "1234567890123456", "0.1234567890123456", "-.1"] {
            assert_eq!(short_number(format!("{text},\"next\":1").as_bytes()), None, "{text}");
        }
        assert_eq!(short_number(b"123456789.123456789012,\"next\""), None);
        assert_eq!(short_number(b"1,"), None, "fewer than eight bytes are left");
    }

    proptest! {
        #[test]
        fn is_exact(text in "-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,15})?", end in "[,}\\] :\"a]") {
            if let Some((number, length)) = short_number(format!("{text}{end}.9e9,9999").as_bytes()) {
                prop_assert_eq!(length, text.len());
                prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
            } else {
                prop_assert!(text.len() > 15, "{} is short", text);
            }
        }
    }
}
