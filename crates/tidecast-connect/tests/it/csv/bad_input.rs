//! Bad input gives an error that names place, reason and remedy; nothing before it is lost, and nothing panics.

use super::{Row, drain, gzip, minutes, read};
use tidecast_connect::files::{CsvOptions, CsvSource, OnError};

#[track_caller]
fn check(text: impl Into<Vec<u8>>, options: &str, expected: &[&str]) {
    let drained = read(text.into(), serde_json::from_str(options).unwrap());
    let message = drained.error.unwrap().to_string();
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn files_that_are_no_tables() {
    check("", "{}", &["t.csv", "empty"]);
    check(" \n\n", "{}", &["empty"]);
    check("time,a,b\n", "{}", &["header and no rows"]);
    check("time;a", r#"{"delimiter": ";"}"#, &["header and no rows"]);
    check(b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec(), "{}", &["binary"]);
    check(b"\xff\xfet\0,\0a\0".to_vec(), "{}", &["UTF-16", "UTF-8"]);
    check("just\nsome\nlines\n", "{}", &["t.csv:1:1", "one column", "--delimiter"]);
    check("a,b\n1,2\n3,4\n", "{}", &["t.csv:2", "no column holds timestamps", "--timestamp-column"]);
    check("time,a\n2024-01-01,1\n", r#"{"delimiter": ";"}"#, &["one column", "','", "--delimiter"]);
    check("t,a\n2024-01-01,1\n", r#"{"delimiter": "x"}"#, &["'x' cannot be a delimiter"]);
    check("t,a\n2024-01-01,1\n", r#"{"timestamp_column": "when"}"#, &["`when`", "`t`, `a`"]);
    check("t,a\n2024-01-01,1\n", r#"{"timestamp_column": "7"}"#, &["no column 7"]);
    check("t,a\n2024-01-01,1\n", r#"{"zone": "Mars/Base"}"#, &["`Mars/Base`", "Europe/Zurich"]);
    check("t,a,b,c\n2024-01-01,1,2,3\n", r#"{"layout": "long"}"#, &["long layout", "--layout wide"]);
    check("t,a,a\n2024-01-01,1,2\n", "{}", &["t.csv:1:3", "both the series"]);
    check("t,a,b\n2024-01-01,1,2\n", r#"{"series": "power"}"#, &["$column", "--series"]);
    check("t,a\n2024-01-01,1\n", r#"{"series": "po wer{"}"#, &["--series"]);
    check("t,a\n01/02/2024,1\n02/02/2024,1\n", "{}", &["t.csv:2:1", "--timestamp-format DD/MM/YYYY"]);
    check(b"t,B\xfcro\n2024-01-01,1\n".to_vec(), "{}", &["t.csv:1:2", "UTF-8", "iconv"]);
    check("t,a\n2024-01-01,1\n", r#"{"columns": 0}"#, &["--columns"]);
}

#[test]
fn rows_that_are_malformed() {
    let head = "time,a,b\n2024-01-01,1,2\n\n";
    check(format!("{head}2024-01-02,x,2\n"), "{}", &["t.csv:4:2: `x` in column `a`", "--on-error skip"]);
    check(format!("{head}2024-01-02,1,inf\n"), "{}", &["t.csv:4:3", "`inf`", "no finite number"]);
    check(format!("{head}2024-01-02,1,1e999\n"), "{}", &["t.csv:4:3"]);
    check(format!("{head}2024-01-02,1\n"), "{}", &["t.csv:4:2", "2 columns instead of 3"]);
    check(format!("{head}2024-01-02,1,2,3\n"), "{}", &["t.csv:4:4", "4 columns instead of 3"]);
    check(format!("{head}2024-02-30,1,2\n"), "{}", &["t.csv:4:1", "`2024-02-30`", "--timestamp-format"]);
    check(format!("{head},1,2\n"), "{}", &["t.csv:4:1", "no timestamp"]);
    check(format!("{head}2024-01-02,\"1,2\n"), "{}", &["t.csv:4:2", "quotes"]);
    let mut bytes = head.as_bytes().to_vec();
    bytes.extend_from_slice(b"2024-01-02,\xff\xfe\x01,2\n");
    check(bytes, "{}", &["t.csv:4:2", "no finite number"]);
    let long = "series,timestamp,value\na,2024-01-01,1\n";
    check(format!("{long}b,2024-01-02,x\n"), "{}", &["t.csv:3:3", "`x`"]);
    check(format!("{long}b,yesterday,1\n"), "{}", &["t.csv:3:2", "`yesterday`"]);
    check(format!("{long},2024-01-02,1\n"), "{}", &["t.csv:3:1", "empty"]);
    check(format!("{long}b,2024-01-02\n"), "{}", &["t.csv:3:2", "2 columns instead of 3"]);
}

#[test]
fn what_comes_before_a_fault_is_kept() {
    let drained = read("t,a\n2024-01-01,1\n2024-01-02,2\noops,3\n2024-01-04,4\n", CsvOptions::default());
    assert!(drained.error.is_some());
    assert_eq!(drained.rows.iter().map(|row| row.2).collect::<Vec<_>>(), [1.0, 2.0]);
}

#[test]
fn skipped_rows_are_left_out_and_counted() {
    let text = "t,a,b\n2024-01-01,1,10\noops,2,20\n2024-01-03,3,x\n2024-01-04,4\n2024-01-05,5,\n";
    let drained = read(text, CsvOptions { on_error: OnError::Skip, ..CsvOptions::default() });
    assert!(drained.error.is_none(), "{:?}", drained.error);
    assert_eq!(drained.rows.iter().map(|row| row.2).collect::<Vec<_>>(), [1.0, 5.0, 10.0]);
    assert_eq!(drained.skipped, 3);
}

#[test]
fn damaged_gzip() {
    let whole = gzip(minutes(200_000).as_bytes());
    let cut = whole[..whole.len() / 2].to_vec();
    let drained = read(cut.clone(), CsvOptions::default());
    assert!(drained.error.unwrap().to_string().contains("cut off"));
    assert!(!drained.rows.is_empty());
    check(whole[..20].to_vec(), "{}", &["cut off"]);
    let mut changed = whole;
    changed[1000] ^= 0xff;
    changed[1001] ^= 0xff;
    assert!(read(changed, CsvOptions::default()).error.is_some());
}

#[test]
fn overlong_line() {
    let mut text = b"t,a\n2024-01-01,1\n2024-01-02,".to_vec();
    text.resize(text.len() + (20 << 20), b'1');
    check(text, "{}", &["longer than 16 MiB"]);
    check(vec![b','; 20 << 20], "{}", &["longer than 16 MiB"]);
    check(vec![b','; 1 << 20], "{}", &["more than 100000 columns"]);
}

#[tokio::test]
async fn files_that_cannot_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let open = async |path: &std::path::Path| -> String {
        let opened = CsvSource::open(path.to_str().unwrap(), CsvOptions::default(), None).await;
        opened.map(|_| ()).unwrap_err().to_string()
    };
    let absent = open(&directory.path().join("absent.csv")).await;
    assert!(absent.contains("absent.csv was not found"), "{absent}");
    let folder = open(directory.path()).await;
    assert!(folder.contains("is a directory"), "{folder}");
    let empty = directory.path().join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    let empty = open(&empty).await;
    assert!(empty.contains("it is empty"), "{empty}");
}

#[tokio::test]
async fn a_file_by_any_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("meters.dat");
    std::fs::write(&path, gzip(b"t,a\n2024-01-01,1\n")).unwrap();
    let source = CsvSource::open(path.to_str().unwrap(), CsvOptions::default(), None).await.unwrap();
    let rows: Vec<Row> = drain(source).await.rows;
    assert_eq!(rows, [(r#"power{device_id="a"}"#.to_owned(), 1_704_067_200_000, 1.0)]);
}
