//! Finds out how a column writes its timestamps, and refuses to guess where days and months cannot be told apart.

use super::options::TimestampFormat;
use super::timestamp::{TimestampReader, date_parts, whole_number};
use jiff::tz::TimeZone;

/// Plausible epochs, 1973 to 5138 in seconds; a thousand times that in milliseconds.
const EPOCH_S: std::ops::Range<u64> = 100_000_000..100_000_000_000;
const DAY_MS: i64 = 86_400_000;

/// What one cell says about the format of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It is surely this.
    Sure(TimestampFormat),
    /// Day or month may come first.
    DayOrMonthFirst,
}

/// What a timestamp cell looks like; `None` if it is no timestamp.
pub(super) fn shape_of(cell: &[u8]) -> Option<Shape> {
    let whole = memchr::memchr(b'.', cell).map_or(cell, |point| &cell[..point]);
    if let Some(epoch) = whole_number(whole).map(i64::unsigned_abs) {
        let format = match epoch {
            _ if EPOCH_S.contains(&epoch) => TimestampFormat::EpochS,
            _ if EPOCH_S.contains(&(epoch / 1_000)) => TimestampFormat::EpochMs,
            _ => return calendar_shape(cell),
        };
        return reads(format, cell).then_some(Shape::Sure(format));
    }
    calendar_shape(cell)
}

fn calendar_shape(cell: &[u8]) -> Option<Shape> {
    let date_end = cell.iter().position(|byte| matches!(byte, b' ' | b'T' | b't')).unwrap_or(cell.len());
    let date = &cell[..date_end];
    let [first, second, _] = date_parts(date)?;
    if first.1 == 4 {
        return reads(TimestampFormat::Iso8601, cell).then_some(Shape::Sure(TimestampFormat::Iso8601));
    }
    let day_first = reads(TimestampFormat::DayMonthYear, cell);
    let month_first = reads(TimestampFormat::MonthDayYear, cell);
    // With points the day comes first everywhere; a day equal to the month says nothing, and needs to say nothing.
    match (day_first, month_first) {
        (true, _) if date.contains(&b'.') => Some(Shape::Sure(TimestampFormat::DayMonthYear)),
        (true, true) if first.0 <= 12 && second.0 <= 12 => Some(Shape::DayOrMonthFirst),
        (true, _) => Some(Shape::Sure(TimestampFormat::DayMonthYear)),
        (false, true) => Some(Shape::Sure(TimestampFormat::MonthDayYear)),
        (false, false) => None,
    }
}

fn reads(format: TimestampFormat, cell: &[u8]) -> bool {
    TimestampReader::new(format, TimeZone::UTC).read(cell).is_some()
}

/// The format of a column, from its cells in order.
///
/// # Errors
/// When day and month cannot be told apart: the reason, and what to do.
pub(super) fn format_of<'a>(
    cells: &(impl Iterator<Item = &'a [u8]> + Clone),
) -> Result<Option<TimestampFormat>, String> {
    const FORMATS: [TimestampFormat; 5] = [
        TimestampFormat::Iso8601,
        TimestampFormat::DayMonthYear,
        TimestampFormat::MonthDayYear,
        TimestampFormat::EpochS,
        TimestampFormat::EpochMs,
    ];
    let mut counts = [0_usize; FORMATS.len()];
    let mut undecided = 0_usize;
    for shape in cells.clone().filter_map(shape_of) {
        match shape {
            Shape::DayOrMonthFirst => undecided += 1,
            Shape::Sure(format) => {
                if let Some(at) = FORMATS.iter().position(|have| *have == format) {
                    counts[at] += 1;
                }
            }
        }
    }
    let [iso, day_first, month_first, ..] = counts;
    if undecided.max(day_first).max(month_first) > iso {
        return day_or_month_first(day_first, month_first, cells).map(Some);
    }
    let most = FORMATS.iter().zip(counts).max_by_key(|(_, count)| *count);
    Ok(most.filter(|(_, count)| *count > 0).map(|(format, _)| *format))
}

fn day_or_month_first<'a>(
    day_first: usize,
    month_first: usize,
    cells: &(impl Iterator<Item = &'a [u8]> + Clone),
) -> Result<TimestampFormat, String> {
    let crosses = |format| crosses_midnight(format, cells.clone());
    let format = match (day_first > 0, month_first > 0) {
        (true, false) => Some(TimestampFormat::DayMonthYear),
        (false, true) => Some(TimestampFormat::MonthDayYear),
        (true, true) => None,
        (false, false) => match (crosses(TimestampFormat::DayMonthYear), crosses(TimestampFormat::MonthDayYear)) {
            (true, false) => Some(TimestampFormat::DayMonthYear),
            (false, true) => Some(TimestampFormat::MonthDayYear),
            _ => None,
        },
    };
    format.ok_or_else(|| {
        "the dates may begin with the day or with the month; say which with --timestamp-format DD/MM/YYYY or MM/DD/YYYY"
            .to_owned()
    })
}

/// Whether, read this way, consecutive rows somewhere step from one date to the next in less than a day. Days and
/// months taken for each other step by a month or back, so this tells them apart in data finer than daily.
fn crosses_midnight<'a>(format: TimestampFormat, cells: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut reader = TimestampReader::new(format, TimeZone::UTC);
    let mut previous: Option<i64> = None;
    for at_ms in cells.filter_map(|cell| reader.read(cell)) {
        let step = previous.replace(at_ms).map(|before| (before, at_ms - before));
        if step.is_some_and(|(before, step)| {
            0 < step && step < DAY_MS && before.div_euclid(DAY_MS) != at_ms.div_euclid(DAY_MS)
        }) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimestampFormat::{DayMonthYear, EpochMs, EpochS, Iso8601, MonthDayYear};

    #[track_caller]
    fn check(cells: &[&str], expected: Option<TimestampFormat>) {
        assert_eq!(format_of(&cells.iter().map(|cell| cell.as_bytes())), Ok(expected), "{cells:?}");
    }

    #[test]
    fn sure_formats() {
        check(&["2024-01-31 00:00:00", "2024-01-31T01:00Z"], Some(Iso8601));
        check(&["01.02.2024 00:00"], Some(DayMonthYear));
        check(&["01/02/2024", "13/02/2024"], Some(DayMonthYear));
        check(&["01/02/2024", "01/13/2024"], Some(MonthDayYear));
        check(&["1628640000", "1628640060"], Some(EpochS));
        check(&["1628640000.25"], Some(EpochS));
        check(&["1628640000000"], Some(EpochMs));
        check(&["2024", "17.5", "power", ""], None);
    }

    #[test]
    fn midnight_tells_day_from_month() {
        check(&["01/02/2024 23:00", "02/02/2024 00:00"], Some(DayMonthYear));
        check(&["01/02/2024 23:00", "01/03/2024 00:00"], Some(MonthDayYear));
    }

    #[test]
    fn does_not_guess() {
        for cells in
            [["01/02/2024", "02/02/2024"], ["01/02/2024 10:00", "01/02/2024 11:00"], ["13/01/2024", "01/13/2024"]]
        {
            let reason = format_of(&cells.iter().map(|cell| cell.as_bytes())).unwrap_err();
            assert!(reason.contains("--timestamp-format"), "{reason}");
        }
    }
}
