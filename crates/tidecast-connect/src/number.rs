//! Numbers from text: exact, and several times faster than the general parser for what meters write.
//!
//! A decimal number of up to 2^53 with a power of ten of up to 22 is the quotient or product of two exactly
//! representable numbers, so one correctly rounded operation gives the exact result (Clinger, 1990, "How to read
//! floating point numbers accurately"). Everything else goes to the standard library, which is exact for all input.

/// Powers of ten that a double represents exactly.
pub(crate) const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Mantissas up to here are exactly representable.
pub(crate) const EXACT_MANTISSA: u64 = 1 << 53;

/// What a file's numbers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    /// The character after a cell.
    pub(crate) delimiter: u8,
    /// A second decimal mark beside the point: a comma where the delimiter is `;`, else the point again.
    pub(crate) decimal: u8,
}

/// What a whole cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// A finite number.
    Number(f64),
    /// Empty, or one of the words for a missing value.
    Missing,
    /// Anything else, infinities included.
    Malformed,
}

/// The number at the beginning of `text`, if it ends at the delimiter or at the end of `text` and is one of the simple
/// ones; with its length in bytes.
#[inline]
pub(crate) fn simple_number(text: &[u8], style: NumberStyle) -> Option<(f64, usize)> {
    let mut at = usize::from(text.first() == Some(&b'-'));
    let negative = at == 1;
    let mut mantissa: u64 = 0;
    let first_digit = at;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let mut digits = at - first_digit;
    let mut decimals = 0;
    if text.get(at).is_some_and(|&byte| byte == b'.' || byte == style.decimal) {
        at += 1;
        let first_decimal = at;
        while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        decimals = at - first_decimal;
        digits += decimals;
    }
    // Up to 19 digits cannot have overflowed the mantissa.
    let ends = text.get(at).is_none_or(|&byte| byte == style.delimiter);
    if !ends || digits == 0 || digits > 19 || mantissa > EXACT_MANTISSA {
        return None;
    }
    let magnitude = mantissa as f64 / POWERS_OF_TEN.get(decimals)?;
    Some((if negative { -magnitude } else { magnitude }, at))
}

/// Reads a whole cell, without quotes.
#[inline]
pub(crate) fn read_cell(cell: &[u8], style: NumberStyle) -> Cell {
    match simple_number(cell, style) {
        Some((number, length)) if length == cell.len() => Cell::Number(number),
        _ => read_other(cell.trim_ascii(), style),
    }
}

/// Reads what is no simple number, or has space around it.
fn read_other(cell: &[u8], style: NumberStyle) -> Cell {
    if is_missing(cell) {
        return Cell::Missing;
    }
    if let Some((number, _)) = simple_number(cell, style).filter(|(_, length)| *length == cell.len()) {
        return Cell::Number(number);
    }
    // The standard parser also takes `inf` and `nan`, which are no measurements; both have letters besides `e`.
    let is_decimal =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') || *byte == style.decimal;
    if !cell.iter().all(is_decimal) {
        return Cell::Malformed;
    }
    let number = if style.decimal == b'.' {
        std::str::from_utf8(cell).ok().and_then(|text| text.parse().ok())
    } else {
        let pointed = cell.iter().map(|&byte| if byte == style.decimal { '.' } else { char::from(byte) });
        pointed.collect::<String>().parse().ok()
    };
    number.filter(|number: &f64| number.is_finite()).map_or(Cell::Malformed, Cell::Number)
}

/// Whether the cell stands for a missing value.
fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty()
        || [&b"-"[..], b"nan", b"na", b"n/a", b"null"].iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POINT: NumberStyle = NumberStyle { delimiter: b',', decimal: b'.' };
    const COMMA: NumberStyle = NumberStyle { delimiter: b';', decimal: b',' };

    #[test]
    fn cells() {
        let cases = [
            ("1.5", Cell::Number(1.5)),
            (" -0 ", Cell::Number(-0.0)),
            ("+3", Cell::Number(3.0)),
            (".5", Cell::Number(0.5)),
            ("5.", Cell::Number(5.0)),
            ("1e3", Cell::Number(1000.0)),
            ("1E-3", Cell::Number(0.001)),
            ("9007199254740993", Cell::Number(9_007_199_254_740_992.0)),
            ("123456789012345678901234567890", Cell::Number(1.234_567_890_123_456_8e29)),
            ("0.000000000000000000000000000001", Cell::Number(1e-30)),
            ("", Cell::Missing),
            ("  ", Cell::Missing),
            ("-", Cell::Missing),
            ("NaN", Cell::Missing),
            ("NA", Cell::Missing),
            ("null", Cell::Missing),
            ("inf", Cell::Malformed),
            ("-Infinity", Cell::Malformed),
            ("1e999", Cell::Malformed),
            ("1,5", Cell::Malformed),
            ("1.2.3", Cell::Malformed),
            ("--1", Cell::Malformed),
            (".", Cell::Malformed),
            ("0x10", Cell::Malformed),
            ("1 000", Cell::Malformed),
        ];
        for (text, expected) in cases {
            assert_eq!(read_cell(text.as_bytes(), POINT), expected, "{text}");
        }
        for (text, expected) in [("1,5", Cell::Number(1.5)), ("1.5", Cell::Number(1.5)), ("1.000,5", Cell::Malformed)] {
            assert_eq!(read_cell(text.as_bytes(), COMMA), expected, "{text}");
        }
        assert_eq!(read_cell(b"-1,25e2", COMMA), Cell::Number(-125.0));
    }

    #[test]
    fn a_simple_number_ends_at_the_delimiter() {
        assert_eq!(simple_number(b"12.25,7", POINT), Some((12.25, 5)));
        assert_eq!(simple_number(b"12,25;7", COMMA), Some((12.25, 5)));
        assert_eq!(simple_number(b"12.25x", POINT), None);
        assert_eq!(simple_number(b",1", POINT), None);
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_parser(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let read = read_cell(number.to_string().as_bytes(), POINT);
            prop_assert_eq!(read, Cell::Number(number));
        }

        #[test]
        fn is_exact_for_decimals(text in "-?[0-9]{1,17}(\\.[0-9]{0,25})?") {
            let Cell::Number(number) = read_cell(text.as_bytes(), POINT) else { panic!("{text} is a number") };
            prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
        }
    }
}
