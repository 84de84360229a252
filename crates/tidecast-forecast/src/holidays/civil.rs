//! Civil dates from days since the Unix epoch, in the proleptic Gregorian calendar.

/// Year, month (1 to 12) and day (1 to 31) of a day since 1970-01-01 (Hinnant, *chrono-compatible low-level date
/// algorithms*, `civil_from_days`).
pub(super) fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_month)
}

/// Day since 1970-01-01 of a date (`days_from_civil` of the same source).
pub(super) fn day(year: i64, month: i64, day_of_month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day_of_month - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Weekday of a day since 1970-01-01: 0 is Monday, 6 is Sunday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// Easter Sunday of the western churches (anonymous Gregorian algorithm; Meeus, *Astronomical algorithms*, chapter 8).
pub(super) fn easter(year: i64) -> i64 {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let march = epact + weekday - 7 * late + 114;
    day(year, march / 31, march % 31 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!((day(2018, 1, 1), date(17_532), weekday(17_532)), (17_532, (2018, 1, 1), 0));
        assert_eq!(date(day(2024, 2, 29)), (2024, 2, 29));
        assert_eq!(date(-1), (1969, 12, 31));
        for (year, month, of_month) in [(2018, 4, 1), (2019, 4, 21), (2024, 3, 31), (2025, 4, 20), (2038, 4, 25)] {
            assert_eq!(date(easter(year)), (year, month, of_month));
        }
    }
}
