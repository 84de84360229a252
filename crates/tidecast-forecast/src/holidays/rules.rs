//! The rules, as data: one list a country.

use super::civil::{date, day, easter, weekday};

/// When a holiday falls.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// A month and a day.
    On(i64, i64),
    /// The same; on a Saturday or Sunday the Monday after is free as well.
    OnOrMonday(i64, i64),
    /// The same; the Friday before a Saturday, the Monday after a Sunday is free as well.
    OnOrNearest(i64, i64),
    /// Days after Easter Sunday.
    Easter(i64),
    /// The n-th weekday (0 is Monday) of a month.
    Nth(i64, i64, i64),
    /// The last weekday (0 is Monday) of a month.
    Last(i64, i64),
    /// The first weekday (0 is Monday) on or after a month and day.
    After(i64, i64, i64),
    /// Christmas Day and the day after, both moved to weekdays.
    Christmas,
    /// A rule that holds since a year.
    Since(i64, &'static Rule),
    /// A rule that held until a year, inclusive.
    Until(i64, &'static Rule),
}

/// A country's holidays.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Holidays {
    pub(super) code: &'static str,
    pub(super) rules: &'static [Rule],
}

const MONDAY: i64 = 0;
const THURSDAY: i64 = 3;
const FRIDAY: i64 = 4;
const SATURDAY: i64 = 5;

impl Rule {
    /// The days of a year on which it falls, since 1970-01-01.
    pub(super) fn days(&self, year: i64) -> [Option<i64>; 4] {
        let one = |day: i64| [Some(day), None, None, None];
        let first_from = |from: i64, wanted: i64| from + (wanted - weekday(from)).rem_euclid(7);
        match *self {
            Self::On(month, of_month) => one(day(year, month, of_month)),
            Self::OnOrMonday(month, of_month) => {
                let on = day(year, month, of_month);
                [Some(on), (weekday(on) >= SATURDAY).then(|| first_from(on, MONDAY)), None, None]
            }
            Self::OnOrNearest(month, of_month) => {
                let on = day(year, month, of_month);
                // New Year's Day of the next year on a Saturday frees the last Friday of this one.
                let next = day(year + 1, month, of_month);
                let moved = [on, next].map(|on| match weekday(on) - SATURDAY {
                    0 => Some(on - 1),
                    1 => Some(on + 1),
                    _ => None,
                });
                [Some(on), moved[0], moved[1].filter(|moved| date(*moved).0 == year), None]
            }
            Self::Easter(after) => one(easter(year) + after),
            Self::Nth(month, wanted, n) => one(first_from(day(year, month, 1), wanted) + 7 * (n - 1)),
            Self::Last(month, wanted) => {
                let next = if month == 12 { day(year + 1, 1, 1) } else { day(year, month + 1, 1) };
                one(first_from(next - 7, wanted))
            }
            Self::After(month, of_month, wanted) => one(first_from(day(year, month, of_month), wanted)),
            Self::Christmas => {
                let on = day(year, 12, 25);
                let moved = match weekday(on) {
                    FRIDAY => [Some(on + 3), None],
                    SATURDAY => [Some(on + 2), Some(on + 3)],
                    6 => [None, Some(on + 2)],
                    _ => [None, None],
                };
                [Some(on), Some(on + 1), moved[0], moved[1]]
            }
            Self::Since(first, rule) if year >= first => rule.days(year),
            Self::Until(last, rule) if year <= last => rule.days(year),
            Self::Since(..) | Self::Until(..) => [None; 4],
        }
    }
}

use Rule::{After, Christmas, Easter, Last, Nth, On, OnOrMonday, OnOrNearest, Since, Until};

/// The days around Easter.
const GOOD_FRIDAY: Rule = Easter(-2);
const EASTER_MONDAY: Rule = Easter(1);
const ASCENSION: Rule = Easter(39);
const WHIT_MONDAY: Rule = Easter(50);
const CORPUS_CHRISTI: Rule = Easter(60);

pub(super) const COUNTRIES: &[Holidays] = &[
    Holidays {
        code: "AT",
        rules: &[
            On(1, 1),
            On(1, 6),
            EASTER_MONDAY,
            On(5, 1),
            ASCENSION,
            WHIT_MONDAY,
            CORPUS_CHRISTI,
            On(8, 15),
            On(10, 26),
            On(11, 1),
            On(12, 8),
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "BE",
        rules: &[
            On(1, 1),
            EASTER_MONDAY,
            On(5, 1),
            ASCENSION,
            WHIT_MONDAY,
            On(7, 21),
            On(8, 15),
            On(11, 1),
            On(11, 11),
            On(12, 25),
        ],
    },
    Holidays { code: "CH", rules: &[On(1, 1), ASCENSION, On(8, 1), On(12, 25)] },
    Holidays {
        code: "DE",
        rules: &[
            On(1, 1),
            GOOD_FRIDAY,
            EASTER_MONDAY,
            On(5, 1),
            ASCENSION,
            WHIT_MONDAY,
            On(10, 3),
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "ES",
        rules: &[
            On(1, 1),
            On(1, 6),
            GOOD_FRIDAY,
            On(5, 1),
            On(8, 15),
            On(10, 12),
            On(11, 1),
            On(12, 6),
            On(12, 8),
            On(12, 25),
        ],
    },
    Holidays {
        code: "FR",
        rules: &[
            On(1, 1),
            EASTER_MONDAY,
            On(5, 1),
            On(5, 8),
            ASCENSION,
            WHIT_MONDAY,
            On(7, 14),
            On(8, 15),
            On(11, 1),
            On(11, 11),
            On(12, 25),
        ],
    },
    Holidays {
        code: "GB",
        rules: &[
            OnOrMonday(1, 1),
            GOOD_FRIDAY,
            EASTER_MONDAY,
            Nth(5, MONDAY, 1),
            Last(5, MONDAY),
            Last(8, MONDAY),
            Christmas,
        ],
    },
    Holidays {
        code: "IE",
        rules: &[
            On(1, 1),
            Since(2023, &After(2, 1, MONDAY)),
            On(3, 17),
            EASTER_MONDAY,
            Nth(5, MONDAY, 1),
            Nth(6, MONDAY, 1),
            Nth(8, MONDAY, 1),
            Last(10, MONDAY),
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "IT",
        rules: &[
            On(1, 1),
            On(1, 6),
            EASTER_MONDAY,
            On(4, 25),
            On(5, 1),
            On(6, 2),
            On(8, 15),
            Since(2026, &On(10, 4)),
            On(11, 1),
            On(12, 8),
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "NL",
        rules: &[
            On(1, 1),
            EASTER_MONDAY,
            Since(2014, &On(4, 27)),
            Until(2013, &On(4, 30)),
            ASCENSION,
            WHIT_MONDAY,
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "PL",
        rules: &[
            On(1, 1),
            Since(2011, &On(1, 6)),
            EASTER_MONDAY,
            On(5, 1),
            On(5, 3),
            CORPUS_CHRISTI,
            On(8, 15),
            On(11, 1),
            On(11, 11),
            Since(2025, &On(12, 24)),
            On(12, 25),
            On(12, 26),
        ],
    },
    Holidays {
        code: "PT",
        rules: &[
            On(1, 1),
            GOOD_FRIDAY,
            On(4, 25),
            On(5, 1),
            CORPUS_CHRISTI,
            On(6, 10),
            On(8, 15),
            On(10, 5),
            On(11, 1),
            On(12, 1),
            On(12, 8),
            On(12, 25),
        ],
    },
    Holidays {
        code: "SE",
        rules: &[
            On(1, 1),
            On(1, 6),
            GOOD_FRIDAY,
            EASTER_MONDAY,
            On(5, 1),
            ASCENSION,
            On(6, 6),
            After(6, 19, FRIDAY),
            On(12, 24),
            On(12, 25),
            On(12, 26),
            On(12, 31),
        ],
    },
    Holidays {
        code: "US",
        rules: &[
            OnOrNearest(1, 1),
            Nth(1, MONDAY, 3),
            Nth(2, MONDAY, 3),
            Last(5, MONDAY),
            Since(2021, &OnOrNearest(6, 19)),
            OnOrNearest(7, 4),
            Nth(9, MONDAY, 1),
            Nth(10, MONDAY, 2),
            OnOrNearest(11, 11),
            Nth(11, THURSDAY, 4),
            OnOrNearest(12, 25),
        ],
    },
];
