//! Any table in any dialect reads back as it was, and no bytes bring the reader down.

use super::{gzip, read};
use proptest::prelude::*;
use tidecast_connect::files::CsvOptions;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    delimiter: char,
    timestamps: Timestamps,
    crlf: bool,
    mark: bool,
    quotes: bool,
    compressed: bool,
    final_newline: bool,
}

#[derive(Clone, Copy, Debug)]
enum Timestamps {
    Pattern(&'static str),
    EpochS,
    EpochMs,
}

fn dialect() -> impl Strategy<Value = Dialect> {
    const PATTERNS: [&str; 4] = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M"];
    let timestamps = prop_oneof![
        prop::sample::select(&PATTERNS[..]).prop_map(Timestamps::Pattern),
        Just(Timestamps::EpochS),
        Just(Timestamps::EpochMs),
    ];
    (prop::sample::select(&[';', ',', '\t', '|'][..]), timestamps, any::<[bool; 5]>()).prop_map(
        |(delimiter, timestamps, [crlf, mark, quotes, compressed, final_newline])| Dialect {
            delimiter,
            timestamps,
            crlf,
            mark,
            quotes,
            compressed,
            final_newline,
        },
    )
}

/// A minute, and a value or none for each name.
type Minute = (i64, Vec<Option<f64>>);

/// Distinct names and rows.
fn table() -> impl Strategy<Value = (Vec<String>, Vec<Minute>)> {
    let value = prop_oneof![
        1 => Just(None),
        3 => (-1_000_000_i64..1_000_000).prop_map(|cents| Some(cents as f64 / 100.0)),
        1 => any::<f64>().prop_map(|value| Some(value).filter(|value| value.is_finite())),
    ];
    prop::collection::btree_set("[a-z\"{][a-zA-Z0-9 ,;\"é_]{0,8}[a-z]", 1..6).prop_flat_map(move |names| {
        let row = (10_000_000_i64..40_000_000, prop::collection::vec(value.clone(), names.len()));
        (Just(names.into_iter().collect::<Vec<_>>()), prop::collection::vec(row, 1..40))
    })
}

impl Dialect {
    fn cell(self, text: &str) -> String {
        if self.quotes || text.contains([self.delimiter, '"']) {
            return format!("\"{}\"", text.replace('"', "\"\""));
        }
        text.to_owned()
    }

    fn timestamp(self, minute: i64) -> String {
        match self.timestamps {
            Timestamps::EpochS => (minute * 60).to_string(),
            Timestamps::EpochMs => (minute * 60_000).to_string(),
            Timestamps::Pattern(pattern) => {
                jiff::Timestamp::from_second(minute * 60).unwrap().strftime(pattern).to_string()
            }
        }
    }

    fn write(self, names: &[String], rows: &[Minute]) -> Vec<u8> {
        let delimiter = self.delimiter.to_string();
        let number = |value: &Option<f64>| {
            let text = value.map_or_else(String::new, |value| value.to_string());
            if self.delimiter == ';' { text.replace('.', ",") } else { text }
        };
        let header = std::iter::once("time").chain(names.iter().map(String::as_str)).map(|name| self.cell(name));
        let mut lines = vec![header.collect::<Vec<_>>().join(&delimiter)];
        for (minute, values) in rows {
            let cells = std::iter::once(self.timestamp(*minute)).chain(values.iter().map(number));
            lines.push(cells.map(|cell| self.cell(&cell)).collect::<Vec<_>>().join(&delimiter));
        }
        let end = if self.crlf { "\r\n" } else { "\n" };
        let text = format!(
            "{}{}{}",
            if self.mark { "\u{feff}" } else { "" },
            lines.join(end),
            if self.final_newline { end } else { "" }
        );
        if self.compressed { gzip(text.as_bytes()) } else { text.into_bytes() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn tables_read_back((names, rows) in table(), dialect in dialect()) {
        let bytes = dialect.write(&names, &rows);
        let options: CsvOptions = serde_json::from_str(r#"{"series": "m{n=\"$column\"}", "layout": "wide"}"#).unwrap();
        let drained = read(bytes.clone(), options);
        prop_assert!(drained.error.is_none(), "{:?} in {}", drained.error, String::from_utf8_lossy(&bytes));
        let expected: Vec<_> = names.iter().enumerate().flat_map(|(column, name)| {
            let series = tidecast_core::series::SeriesKey::new("m", [("n", name.as_str())]).unwrap().to_string();
            rows.iter().filter_map(move |(minute, values)| Some((series.clone(), minute * 60_000, values[column]?)))
        }).collect();
        prop_assert_eq!(drained.rows, expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(bytes.clone(), CsvOptions::default());
        read(gzip(&bytes), CsvOptions::default());
    }

    #[test]
    fn near_tables_are_read_or_refused(
        text in "(time|a|,|;|\"|\n|\r|2024-01-0[1-9]|[0-9]{2}/[0-9]{2}/2024|1[67][0-9]{8}|[0-9.]{1,4}|-|e| |:|\u{0}|é){0,60}",
        skip in any::<bool>(),
    ) {
        let options = if skip { r#"{"on_error": "skip"}"# } else { "{}" };
        read(text, serde_json::from_str(options).unwrap());
    }
}
