//! Bucket widths that a person can read off an axis.

/// Widths below a week that a clock or calendar shows, ms.
const WIDTHS_MS: [i64; 22] = [
    1,
    5,
    10,
    50,
    100,
    250,
    500,
    1_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    300_000,
    900_000,
    1_800_000,
    3_600_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
];

const WEEK_MS: i64 = 604_800_000;

/// The narrowest readable width whose buckets, aligned to the epoch, cover `first_ms..=last_ms` with at most `points`
/// (at least 2). Beyond a week it is a whole number of weeks.
pub(super) fn width_ms(first_ms: i64, last_ms: i64, points: usize) -> i64 {
    let fits = |width_ms: i64| {
        let buckets = last_ms.div_euclid(width_ms).abs_diff(first_ms.div_euclid(width_ms)).saturating_add(1);
        buckets <= points.max(2) as u64
    };
    if let Some(width_ms) = WIDTHS_MS.into_iter().chain([WEEK_MS]).find(|width_ms| fits(*width_ms)) {
        return width_ms;
    }
    // At least so many weeks are needed; one or two more where the ends straddle bucket borders.
    let span_weeks = last_ms.abs_diff(first_ms) / WEEK_MS as u64;
    let least = i64::try_from(span_weeks / points.max(2) as u64).unwrap_or(i64::MAX / WEEK_MS).max(2);
    let weeks = (least..=least.saturating_mul(2).saturating_add(2)).find(|weeks| fits(weeks.saturating_mul(WEEK_MS)));
    weeks.unwrap_or(least).saturating_mul(WEEK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    #[test]
    fn is_the_narrowest_that_fits() {
        let cases = [
            ((0, 9), 10, 1),
            ((0, 10), 10, 5),
            ((0, 7 * DAY_MS - 1), 168, HOUR_MS),
            ((0, 7 * DAY_MS), 168, 3 * HOUR_MS),
            ((1, 1), 2, 1),
            ((0, 365 * DAY_MS), 1_000, 12 * HOUR_MS),
            ((0, 365 * DAY_MS), 100, 7 * DAY_MS),
            ((0, 365 * DAY_MS), 2, 27 * 7 * DAY_MS),
            ((-DAY_MS, DAY_MS), 2, 2 * DAY_MS),
        ];
        for ((first_ms, last_ms), points, expected) in cases {
            assert_eq!(width_ms(first_ms, last_ms, points), expected, "{first_ms}..={last_ms} in {points}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_gives_more(first_ms in -1_i64 << 50..1 << 50, span_ms in 0_i64..1 << 50, points in 2_usize..5_000) {
            let last_ms = first_ms + span_ms;
            let width_ms = width_ms(first_ms, last_ms, points);
            let buckets = last_ms.div_euclid(width_ms) - first_ms.div_euclid(width_ms) + 1;
            proptest::prop_assert!(buckets <= points as i64, "{} buckets of {}", buckets, width_ms);
        }
    }
}
