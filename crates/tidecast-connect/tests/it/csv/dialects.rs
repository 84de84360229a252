//! Dialects that people export, detected or said.

use super::{gzip, read};
use tidecast_connect::files::CsvOptions;

/// Options as in the configuration file, as JSON.
#[track_caller]
fn check(text: &str, options: &str, expected: &[(&str, &str, f64)]) {
    let options: CsvOptions = serde_json::from_str(options).unwrap();
    for (what, bytes) in [("plain", text.as_bytes().to_vec()), ("gzip", gzip(text.as_bytes()))] {
        let drained = read(bytes, options.clone());
        assert!(drained.error.is_none(), "{what}: {:?}", drained.error);
        let rows: Vec<_> = drained.rows.iter().map(|(series, at, value)| (series.as_str(), *at, *value)).collect();
        let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let expected: Vec<_> = expected.iter().map(|(series, at, value)| (*series, instant(at), *value)).collect();
        assert_eq!(rows, expected, "{what}: {text}");
    }
}

const POWER: &str = r#"{"series": "power{device_id=\"$column\"}"}"#;
const A: &str = r#"power{device_id="a"}"#;
const B: &str = r#"power{device_id="b"}"#;

#[test]
fn wide() {
    let expected = [(A, "2024-01-31T00:00Z", 1.5), (A, "2024-01-31T00:15Z", 3.0), (B, "2024-01-31T00:00Z", -2.0)];
    let texts = [
        "DATETIME;a;b\n2024-01-31 00:00:00;1,5;-2\n2024-01-31 00:15:00;3;\n",
        "\u{feff}DATETIME;a;b\r\n31.01.2024 00:00;1,5;-2\r\n31.01.2024 00:15;3;NaN",
        "time,a,b\n2024-01-31T00:00:00Z,1.5,-2\n\n2024-01-31T00:15:00Z,3.0,NA\n",
        "t\ta\tb\n1706659200\t1.5\t-2.0\n1706660100\t3\tnull\n",
        "t|a|b\n1706659200000|1.5|-2e0\n1706660100000|3|-\n",
        "date,a,b\n01/31/2024 00:00,1.5,-2\n01/31/2024 00:15,+3,\n",
        "\"date\",\"a\",\"b\"\n\"31/01/2024 00:00\",\"1.5\",\"-2\"\n\"31/01/2024 00:15\", \"3\" ,\"\"\n",
        "date,a,b,\n2024-01-31,1.5,-2,\n2024-01-31 00:15,3,,\n",
        ",a,b\n2024-01-31 01:00+01:00,1.5,-2\n2024-01-31 01:15+01:00,3,\n",
        "a,time,b\n1.5,2024-01-31 00:00,-2\n3,2024-01-31 00:15,\n",
    ];
    for text in texts {
        check(text, POWER, &expected);
    }
}

#[test]
fn the_delimiter_is_the_one_that_fits_most_rows() {
    check("time\ta;a\n2024-01-01\t5\n", "{}", &[(r#"power{device_id="a;a"}"#, "2024-01-01T00:00Z", 5.0)]);
}

#[test]
fn missing_values_at_the_end_of_a_row() {
    for delimiter in [";", ",", "\t", "|"] {
        let text = "t;a\r\n2024-01-01;\r\n2024-01-02;5\r\n2024-01-03;\r\n".replace(';', delimiter);
        check(&text, POWER, &[(A, "2024-01-02T00:00Z", 5.0)]);
        let text = "t;a\n2024-01-01;".replace(';', delimiter);
        check(&text, POWER, &[]);
    }
}

#[test]
fn long() {
    let expected = [(A, "2024-01-31T00:00Z", 1.5), (B, "2024-01-31T00:00Z", -2.0), (A, "2024-01-31T00:15Z", 3.0)];
    let rows = "a,2024-01-31 00:00,1.5\nb,2024-01-31 00:00,-2\nb,2024-01-31 00:15,\na,2024-01-31 00:15,3\n";
    check(rows, POWER, &expected);
    check(&format!("meter,time,kwh\n{rows}"), POWER, &expected);
    let numbers = "series,timestamp,value\n1,1706659200,1.5\n";
    check(numbers, POWER, &[(r#"power{device_id="1"}"#, "2024-01-31T00:00Z", 1.5)]);
    let more = "value,quality,timestamp,series\n1.5,good,1706659200,a\n";
    check(more, r#"{"layout": "long"}"#, &[("a", "2024-01-31T00:00Z", 1.5)]);
}

#[test]
fn what_a_query_prints_reads_back() {
    let text = concat!(
        "series,timestamp,value\n",
        "\"power{device_id=\"\"a \\\\\"\"1\\\\\"\", x\"\",host=\"\"b\"\"}\",2024-01-31T00:00:00Z,1.5\n",
        "up,2024-01-31T00:00:00.250Z,0.1\n",
    );
    let odd = r#"power{device_id="a \"1\", x",host="b"}"#;
    let text = text.replace("\\\\", "\\");
    check(&text, "{}", &[(odd, "2024-01-31T00:00Z", 1.5), ("up", "2024-01-31T00:00:00.250Z", 0.1)]);
}

#[test]
fn options_override() {
    let wide = "when,a,b\n01/02/2024,1,2\n02/02/2024,3,4\n";
    let day_first = r#"{"timestamp_format": "DD/MM/YYYY", "columns": 1}"#;
    let a = r#"power{device_id="a"}"#;
    check(wide, day_first, &[(a, "2024-02-01T00:00Z", 1.0), (a, "2024-02-02T00:00Z", 3.0)]);
    let month_first = r#"{"timestamp_format": "MM/DD/YYYY", "columns": 1}"#;
    check(wide, month_first, &[(a, "2024-01-02T00:00Z", 1.0), (a, "2024-02-02T00:00Z", 3.0)]);
    let zone = r#"{"zone": "Europe/Zurich"}"#;
    check("t,a\n2024-07-01 02:00,1\n", zone, &[(a, "2024-07-01T00:00Z", 1.0)]);
    let second = r#"{"timestamp_column": "at", "columns": 1}"#;
    let columns = "created,at,a\n2024-01-01,2024-01-02,1\n";
    assert!(read(columns, serde_json::from_str(second).unwrap()).error.is_some(), "`created` is no number");
    let number = r#"{"timestamp_column": "1", "timestamp_format": "epoch_s"}"#;
    check("x;a\n17;1\n", number, &[(a, "1970-01-01T00:00:17Z", 1.0)]);
    let headless = r#"power{device_id="column_2"}"#;
    check(
        "2024-01-01,1\n2024-01-02,2\n",
        "{}",
        &[(headless, "2024-01-01T00:00Z", 1.0), (headless, "2024-01-02T00:00Z", 2.0)],
    );
    check("1,a\n1706659200,1\n", r#"{"header": true}"#, &[(a, "2024-01-31T00:00Z", 1.0)]);
    check("t!a\n2024-01-01!5\n", r#"{"delimiter": "!"}"#, &[(a, "2024-01-01T00:00Z", 5.0)]);
}

#[test]
fn order_and_repetition_are_the_stores_matter() {
    let a = r#"power{device_id="a"}"#;
    let text = "t,a\n2024-01-02,1\n2024-01-01,2\n2024-01-02,3\n";
    let instants = ["2024-01-02T00:00Z", "2024-01-01T00:00Z", "2024-01-02T00:00Z"];
    check(text, "{}", &[(a, instants[0], 1.0), (a, instants[1], 2.0), (a, instants[2], 3.0)]);
}

#[test]
fn ten_thousand_columns() {
    let line = |first: &str, cell: &dyn Fn(usize) -> String| {
        (0..10_000).fold(first.to_owned(), |line, column| line + "," + &cell(column)) + "\n"
    };
    let mut text = line("timestamp", &|column| format!("meter_{column}"));
    for day in 1..=20 {
        text += &line(&format!("2024-01-{day:02}"), &|column| format!("{}.5", column * day));
    }
    let drained = read(text, CsvOptions::default());
    assert!(drained.error.is_none(), "{:?}", drained.error);
    assert_eq!(drained.rows.len(), 200_000);
    assert!(drained.batches > 1);
    let last = drained.rows.last().unwrap();
    assert_eq!((last.0.as_str(), last.2), (r#"power{device_id="meter_9999"}"#, 199_980.5));
}
