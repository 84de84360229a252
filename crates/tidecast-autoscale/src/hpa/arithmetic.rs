//! Conversions of numbers as upstream's compiled code makes them, which are not those of Rust.
//!
//! Where a float does not fit an integer, Rust saturates, and Go leaves the result to the platform. On amd64 it is the
//! least integer, for floats that are too large as well as for those that are not numbers.

/// Go's `int32(x)` on amd64: towards zero, and `i32::MIN` for all that does not fit.
pub(super) fn to_i32(value: f64) -> i32 {
    let whole = value.trunc();
    if whole >= f64::from(i32::MIN) && whole <= f64::from(i32::MAX) { whole as i32 } else { i32::MIN }
}

/// Go's `int64(x)` on amd64: towards zero, and `i64::MIN` for all that does not fit.
pub(super) fn to_i64(value: f64) -> i64 {
    // The greatest integer is no float; the next one above it is the first that does not fit.
    if (-TWO_TO_63..TWO_TO_63).contains(&value) { value as i64 } else { i64::MIN }
}

/// Go's `int32(math.Ceil(x))`.
pub(super) fn ceil_to_i32(value: f64) -> i32 {
    to_i32(value.ceil())
}

/// The same, but the greatest integer for all that is greater, where upstream takes care of it.
pub(super) fn ceil_to_i32_capped(value: f64) -> i32 {
    if value > f64::from(i32::MAX) { i32::MAX } else { ceil_to_i32(value) }
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_becomes_the_least_integer() {
        let cases = [
            (0.0, 0, 0),
            (2.1, 3, 3),
            (-2.9, -2, -2),
            (2_147_483_647.0, i32::MAX, 2_147_483_647),
            (2_147_483_647.5, i32::MIN, 2_147_483_648),
            (-2_147_483_648.0, i32::MIN, -2_147_483_648),
            (1e30, i32::MIN, i64::MIN),
            (-1e30, i32::MIN, i64::MIN),
            (TWO_TO_63, i32::MIN, i64::MIN),
            (f64::INFINITY, i32::MIN, i64::MIN),
            (f64::NAN, i32::MIN, i64::MIN),
        ];
        for (value, narrow, wide) in cases {
            assert_eq!((ceil_to_i32(value), to_i64(value.ceil())), (narrow, wide), "{value}");
        }
        assert_eq!(to_i32(2_147_483_647.9), i32::MAX);
        assert_eq!([1e12, 3.5, -1e12].map(ceil_to_i32_capped), [i32::MAX, 4, i32::MIN]);
    }
}
