//! A source reads every message once, wherever it begins and goes on.

use super::server::{SharedServer, ask, connect, unique};
use super::{Seen, message, open, options};
use ::redis::aio::MultiplexedConnection;
use tidecast_connect::redis::{DeadLetters, RedisStreamSink, StreamStart};
use tidecast_core::ports::RecordSource;
use tidecast_core::record::Rejection;

/// Adds messages with the given ids, `*` for one that Redis chooses.
async fn add(
    connection: &mut MultiplexedConnection,
    stream: &str,
    numbers: std::ops::Range<u64>,
    id: impl Fn(u64) -> String,
) {
    let mut pipeline = ::redis::pipe();
    for number in numbers {
        pipeline.cmd("XADD").arg(stream).arg(id(number));
        for (name, value) in message(number) {
            pipeline.arg(name).arg(value);
        }
        pipeline.ignore();
    }
    pipeline.query_async::<()>(connection).await.unwrap();
}

fn by_time(_: u64) -> String {
    "*".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_read() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("round-trip");
    let options = options(&server.url, &stream);
    let mut sink = RedisStreamSink::new(options.address.clone(), &stream, Some(100_000));
    let mut source = open(&options, None);
    let mut seen = Seen::default();
    for numbers in [0..1, 1..2_500, 2_500..25_000] {
        let mut messages: Vec<_> = numbers.clone().map(message).collect();
        sink.send(&mut messages).await.unwrap();
        assert!(messages.is_empty());
        seen.read_exactly(&mut source, numbers.end as usize).await;
    }
    assert!(seen.numbers.iter().copied().eq(0..25_000));
    assert!(seen.rejections.is_empty(), "{:?}", seen.rejections);
    let health = source.health();
    assert_eq!((health.lag, health.trouble), (Some(0), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_at_the_cursor() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("resume");
    let options = options(&server.url, &stream);
    let mut connection = connect(&server.url).await;
    add(&mut connection, &stream, 0..5_000, by_time).await;
    let mut seen = Seen::default();
    // Stops after every delivery, the first of them small.
    let mut deliveries = 0;
    while seen.numbers.len() < 5_000 {
        let mut source = open(&options, seen.cursor.clone().as_deref());
        seen.take(&mut source).await;
        deliveries += 1;
        assert!(deliveries < 1_000, "{} messages", seen.numbers.len());
    }
    assert!(deliveries > 2);
    assert!(seen.numbers.iter().copied().eq(0..5_000));
    assert!(seen.rejections.is_empty(), "{:?}", seen.rejections);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_a_read_is_given_up() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("give-up");
    let mut connection = connect(&server.url).await;
    let mut source = open(&options(&server.url, &stream), None);
    let seed = 7;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut seen = Seen::default();
    for batch in 0..50 {
        add(&mut connection, &stream, batch * 100..(batch + 1) * 100, by_time).await;
        let patience = std::time::Duration::from_micros(random.u64(0..3_000));
        let mut given = Seen::default();
        if tokio::time::timeout(patience, given.take(&mut source)).await.is_ok() {
            seen.numbers.extend(given.numbers);
        }
    }
    seen.read_exactly(&mut source, 5_000).await;
    assert!(seen.numbers.iter().copied().eq(0..5_000), "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_says_where_to_begin() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("start");
    let mut connection = connect(&server.url).await;
    add(&mut connection, &stream, 1..11, |number| format!("{number}-0")).await;
    ask::<()>(&mut connection, &format!("XGROUP CREATE {stream} spark 6-0")).await;
    let cases = [
        (StreamStart::Beginning, 1),
        ("4-0".parse().unwrap(), 5),
        (StreamStart::Group("spark".to_owned()), 7),
        (StreamStart::End, 11),
    ];
    let mut sources = Vec::new();
    for (start, first) in cases {
        let mut source = open(&super::RedisStreamOptions { start, ..options(&server.url, &stream) }, None);
        let mut seen = Seen::default();
        // What the end is, is settled now.
        seen.take(&mut source).await;
        sources.push((source, seen, first));
    }
    add(&mut connection, &stream, 11..13, |number| format!("{number}-0")).await;
    for (mut source, mut seen, first) in sources {
        seen.read_exactly(&mut source, 13 - first as usize).await;
        assert!(seen.numbers.iter().copied().eq(first..13), "{first}: {:?}", seen.numbers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_trimmed_unread_is_counted() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("trimmed");
    let options = options(&server.url, &stream);
    let mut connection = connect(&server.url).await;
    // What was trimmed before the first read is nobody's loss.
    add(&mut connection, &stream, 0..100, by_time).await;
    ask::<u64>(&mut connection, &format!("XTRIM {stream} MAXLEN = 40")).await;
    let mut source = open(&options, None);
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, 40).await;
    assert_eq!(seen.trimmed(), 0);
    // Entries 100 to 179 go while the source does not look, and 200 to 229 while it is not there.
    add(&mut connection, &stream, 100..200, by_time).await;
    ask::<u64>(&mut connection, &format!("XTRIM {stream} MAXLEN = 20")).await;
    seen.read_exactly(&mut source, 60).await;
    assert_eq!(seen.trimmed(), 80);
    drop(source);
    add(&mut connection, &stream, 200..300, by_time).await;
    ask::<u64>(&mut connection, &format!("XTRIM {stream} MAXLEN = 70")).await;
    let mut source = open(&options, seen.cursor.clone().as_deref());
    seen.read_exactly(&mut source, 130).await;
    assert_eq!(seen.trimmed(), 110);
    assert!(seen.numbers.iter().copied().eq((60..100).chain(180..200).chain(230..300)));
    // All of them go.
    add(&mut connection, &stream, 300..310, by_time).await;
    ask::<u64>(&mut connection, &format!("XTRIM {stream} MAXLEN = 0")).await;
    seen.read(&mut source, |seen| seen.trimmed() >= 120).await;
    assert_eq!(seen.trimmed(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_begun_anew_is_read_from_its_beginning() {
    let Some(server) = SharedServer::running() else { return };
    // With ids that go on, and with ids that are smaller than those before.
    for smaller in [false, true] {
        let stream = unique("anew");
        let mut connection = connect(&server.url).await;
        let mut source = open(&options(&server.url, &stream), None);
        let mut seen = Seen::default();
        add(&mut connection, &stream, 0..50, by_time).await;
        seen.read_exactly(&mut source, 50).await;
        ask::<u64>(&mut connection, &format!("DEL {stream}")).await;
        let id = move |number| if smaller { format!("{number}-1") } else { "*".to_owned() };
        add(&mut connection, &stream, 50..80, id).await;
        seen.read_exactly(&mut source, 80).await;
        assert!(seen.numbers.iter().copied().eq(0..80));
        assert_eq!((source.health().restarts, seen.trimmed()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_set_back_is_not_read_twice() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("set-back");
    let options = options(&server.url, &stream);
    let mut connection = connect(&server.url).await;
    let mut source = open(&options, None);
    let mut seen = Seen::default();
    add(&mut connection, &stream, 0..50, by_time).await;
    // A replica that has this much takes over, after more was read.
    let earlier: Vec<u8> = ask(&mut connection, &format!("DUMP {stream}")).await;
    add(&mut connection, &stream, 50..60, by_time).await;
    seen.read_exactly(&mut source, 60).await;
    drop(source);
    let mut restore = ::redis::cmd("RESTORE");
    restore.arg(&stream).arg(0).arg(earlier).arg("REPLACE");
    restore.query_async::<()>(&mut connection).await.unwrap();
    let mut source = open(&options, seen.cursor.clone().as_deref());
    seen.read(&mut source, |_| true).await;
    seen.take(&mut source).await;
    add(&mut connection, &stream, 60..70, by_time).await;
    seen.read_exactly(&mut source, 70).await;
    assert!(seen.numbers.iter().copied().eq(0..70));
    assert_eq!((source.health().restarts, seen.trimmed()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_messages_are_counted_and_kept_apart() {
    let Some(server) = SharedServer::running() else { return };
    let (stream, dead) = (unique("refused"), unique("dead"));
    let letters = DeadLetters { stream: dead.clone(), keep: 1_000 };
    let mut source =
        open(&super::RedisStreamOptions { dead_letters: Some(letters), ..options(&server.url, &stream) }, None);
    let mut connection = connect(&server.url).await;
    ask::<String>(&mut connection, &format!("XADD {stream} 1-0 antenna_id a timestamp 1699999999 packets 1")).await;
    ask::<String>(&mut connection, &format!("XADD {stream} 2-0 antenna_id a timestamp 1699999999 packets many")).await;
    ask::<String>(&mut connection, &format!("XADD {stream} 3-0 timestamp 1699999999 packets 3")).await;
    let long = "x".repeat(100_000);
    ask::<String>(&mut connection, &format!("XADD {stream} 4-0 antenna_id {long} timestamp 1 packets 4 more {long}"))
        .await;
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, 1).await;
    let counts = [Rejection::NotANumber, Rejection::MissingField, Rejection::BadText];
    assert_eq!(counts.map(|reason| seen.rejections.count(reason)), [1, 1, 1]);
    type Entries = Vec<(String, Vec<String>)>;
    let entries: Entries = ask(&mut connection, &format!("XRANGE {dead} - +")).await;
    let expected = [
        ("2-0", "not_a_number", &["antenna_id", "a", "timestamp", "1699999999", "packets", "many"][..]),
        ("3-0", "missing_field", &["timestamp", "1699999999", "packets", "3"][..]),
        ("4-0", "bad_text", &["antenna_id"][..]),
    ];
    assert_eq!(entries.len(), expected.len());
    for ((_, fields), (id, reason, rest)) in entries.iter().zip(expected) {
        assert_eq!(&fields[..4], ["id", id, "reason", reason]);
        assert_eq!(&fields[4..4 + rest.len()], rest);
        assert!(fields.iter().map(String::len).sum::<usize>() < 5_000);
    }
}
