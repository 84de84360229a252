//! A source that others fill: what is accepted is durable, and who is too fast waits.

use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::http::{PushError, PushSender, PushSource, push_source};
use tidecast_connect::records::RecordFormat;
use tidecast_core::ports::{Clock, RecordSource};
use tidecast_core::record::{Field, FieldKind, RecordBatch, Rejection, Schema};
use tokio::time::timeout;

const NOW_MS: i64 = 1_700_000_000_000;
/// Long enough for what should happen, short enough for what should not.
const A_MOMENT: Duration = Duration::from_millis(200);

struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }
}

fn source() -> (PushSender, PushSource) {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, required: true };
    let fields = vec![field("antenna_id", FieldKind::Text), field("packets", FieldKind::Number)];
    let schema = Arc::new(Schema::new(fields).unwrap());
    let format = RecordFormat { timestamp: "timestamp".to_owned(), schema, future_tolerance_ms: 60_000 };
    push_source(format, Arc::new(FixedClock))
}

fn message(antenna: &str, packets: u32) -> String {
    format!(r#"{{"antenna_id":"{antenna}","timestamp":1700000000,"packets":{packets}}}"#)
}

fn packets(records: &RecordBatch) -> Vec<f64> {
    records.numbers("packets").unwrap().to_vec()
}

#[tokio::test]
async fn records_are_accepted_once_they_are_durable() {
    let (sender, mut source) = source();
    let body = format!("{}\nnonsense\n{{\"antenna_id\":\"b\"}}\n", message("a", 3));
    let sending = tokio::spawn(async move { sender.send(sender.decode_json(body.as_bytes())).await });
    let delivery = source.next_records().await.unwrap();
    assert_eq!((packets(&delivery.records), delivery.position), (vec![3.0], None));
    assert_eq!(delivery.rejections.count(Rejection::Malformed), 1);
    assert_eq!(delivery.rejections.count(Rejection::MissingField), 1);
    tokio::time::sleep(A_MOMENT).await;
    assert!(!sending.is_finished());

    source.acknowledge().await.unwrap();
    let accepted = sending.await.unwrap().unwrap();
    assert_eq!((accepted.accepted, accepted.refused), (1, delivery.rejections));
}

#[tokio::test]
async fn json_comes_in_lines_alone_or_in_an_array() {
    let (sender, mut source) = source();
    let (one, other) = (message("a", 1), message("b", 2));
    let cases = [
        (format!("{one}\n{other}"), vec![1.0, 2.0]),
        (format!("\r\n{one}\r\n\r\n{other}\r\n"), vec![1.0, 2.0]),
        (one.clone(), vec![1.0]),
        (one.replace(',', ",\n"), vec![1.0]),
        (format!("[{one},\n {other}]"), vec![1.0, 2.0]),
    ];
    for (body, expected) in cases {
        let _submitted = sender.submit(sender.decode_json(body.as_bytes())).await.unwrap();
        assert_eq!(packets(&source.next_records().await.unwrap().records), expected, "{body}");
    }
    for body in ["", "[]", "[", "3", "[3]", "{}"] {
        let batch = sender.decode_json(body.as_bytes());
        // Nothing has to become durable, so nothing is waited for.
        let sending = tokio::spawn({
            let sender = sender.clone();
            async move { sender.send(batch).await }
        });
        assert!(source.next_records().await.unwrap().records.is_empty(), "{body}");
        assert_eq!(sending.await.unwrap().unwrap().accepted, 0, "{body}");
    }
}

#[tokio::test]
async fn parts_of_this_process_bring_names_and_values() {
    let (sender, mut source) = source();
    let message: [(&[u8], &[u8]); 3] = [(b"antenna_id", b"a"), (b"packets", b"4"), (b"timestamp", b"1700000000")];
    let _submitted = sender.submit(sender.decode_fields([&message[..], &message[..2]])).await.unwrap();
    let delivery = source.next_records().await.unwrap();
    assert_eq!((packets(&delivery.records), delivery.records.texts("antenna_id").unwrap().text(0)), (vec![4.0], "a"));
    assert_eq!(delivery.rejections.count(Rejection::MissingField), 1);
}

#[tokio::test]
async fn what_waits_comes_together_in_its_order() {
    let (sender, mut source) = source();
    let mut submitted = Vec::new();
    for number in 0..5 {
        submitted.push(sender.submit(sender.decode_json(message("a", number).as_bytes())).await.unwrap());
    }
    assert_eq!(source.health().lag, Some(5));
    assert_eq!(packets(&source.next_records().await.unwrap().records), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(source.health().lag, Some(0));
    source.acknowledge().await.unwrap();
    for submitted in submitted {
        assert_eq!(submitted.durable().await.unwrap().accepted, 1);
    }
}

#[tokio::test]
async fn who_is_too_fast_waits() {
    let (sender, mut source) = source();
    let batch = sender.decode_json(message("a", 1).as_bytes());
    let mut submitted = Vec::new();
    while let Ok(place) = timeout(A_MOMENT, sender.submit(batch.clone())).await {
        submitted.push(place.unwrap());
        assert!(submitted.len() < 1_000, "the queue has no bound");
    }
    assert_eq!(source.next_records().await.unwrap().records.len(), submitted.len());
    assert!(timeout(A_MOMENT, sender.submit(batch)).await.is_ok());
}

#[tokio::test]
async fn who_gives_up_before_the_records_are_taken_has_not_sent_them() {
    let (sender, mut source) = source();
    let batch = |packets| sender.decode_json(message("a", packets).as_bytes());
    drop(sender.submit(batch(1)).await.unwrap());
    let kept = sender.submit(batch(2)).await.unwrap();
    assert_eq!(packets(&source.next_records().await.unwrap().records), [2.0]);
    assert_eq!(source.health().lag, Some(0));
    source.acknowledge().await.unwrap();
    kept.durable().await.unwrap();
}

#[tokio::test]
async fn a_quiet_source_lets_time_pass() {
    let (sender, mut source) = source();
    assert!(timeout(10 * A_MOMENT, source.next_records()).await.unwrap().unwrap().records.is_empty());
    // With nobody left to send it is as quiet, and takes as long.
    drop(sender);
    let quick = async { source.next_records().await.unwrap() };
    assert!(timeout(Duration::from_millis(20), quick).await.is_err());
}

#[tokio::test]
async fn without_a_consumer_nothing_is_accepted() {
    let (sender, mut source) = source();
    let batch = sender.decode_json(message("a", 1).as_bytes());
    let taken = sender.submit(batch.clone()).await.unwrap();
    let waiting = {
        source.next_records().await.unwrap();
        sender.submit(batch.clone()).await.unwrap()
    };
    drop(source);
    assert_eq!(taken.durable().await, Err(PushError::Closed));
    assert_eq!(waiting.durable().await, Err(PushError::Closed));
    assert_eq!(sender.send(batch).await, Err(PushError::Closed));
}
