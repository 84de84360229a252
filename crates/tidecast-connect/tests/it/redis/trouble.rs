//! What goes wrong is told, waited for, and costs no message.

use super::server::{RedisServer, SharedServer, ask, connect, program, unique};
use super::{DEADLINE, Seen, message, open, options, trouble_with};
use std::time::{Duration, Instant};
use tidecast_connect::redis::RedisStreamSink;
use tidecast_core::ports::RecordSource;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_type_is_told_and_waited_for() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("wrong-type");
    let mut connection = connect(&server.url).await;
    ask::<()>(&mut connection, &format!("SET {stream} text")).await;
    let mut source = open(&options(&server.url, &stream), None);
    trouble_with(&mut source, &["WRONGTYPE", "name another stream"]).await;
    ask::<()>(&mut connection, &format!("DEL {stream}")).await;
    let mut sink = RedisStreamSink::new(options(&server.url, &stream).address, &stream, None);
    sink.send(&mut vec![message(1)]).await.unwrap();
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, 1).await;
    assert_eq!(source.health().trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_not_there_yet_is_waited_for() {
    if program("redis-server").is_none() {
        return;
    }
    let server = RedisServer::prepare(|_, _| Vec::new());
    let mut source = open(&options(&server.url(), "stream"), None);
    let trouble = trouble_with(&mut source, &["refused", "is Redis running there"]).await;
    assert!(trouble.contains(&server.port.to_string()), "{trouble}");
    // It comes back although there is nothing to give.
    let start = Instant::now();
    source.next_records().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
    server.run();
    let mut sink = RedisStreamSink::new(options(&server.url(), "stream").address, "stream", None);
    sink.send(&mut vec![message(1)]).await.unwrap();
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, 1).await;
    assert_eq!(source.health().trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_comes_back_costs_no_message() {
    let Some(server) = RedisServer::start(&["--appendonly", "yes"]) else { return };
    let options = options(&server.url(), "stream");
    let mut sink = RedisStreamSink::new(options.address.clone(), "stream", None);
    let writer = tokio::spawn(async move {
        let start = Instant::now();
        for number in 0..200 {
            let mut messages: Vec<_> = (number * 50..(number + 1) * 50).map(message).collect();
            while sink.send(&mut messages).await.is_err() {
                assert!(start.elapsed() < DEADLINE);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut source = open(&options, None);
    let mut seen = Seen::default();
    for kill_at in [1_000, 4_000] {
        seen.read(&mut source, |seen| seen.numbers.len() > kill_at).await;
        server.kill();
        source.next_records().await.unwrap();
        server.run();
    }
    seen.read(&mut source, |seen| seen.numbers.last() == Some(&9_999)).await;
    writer.await.unwrap();
    // What the stream has: the writer may have sent some twice, the reader must not have read any twice.
    let mut connection = connect(&server.url()).await;
    let entries: Vec<(String, Vec<String>)> = ask(&mut connection, "XRANGE stream - +").await;
    let written: Vec<u64> = entries.iter().map(|(_, fields)| fields[5].parse().unwrap()).collect();
    assert!(seen.numbers == written, "{} read, {} written", seen.numbers.len(), written.len());
    assert!((0..10_000).all(|number| written.binary_search(&number).is_ok() || written.contains(&number)));
    assert!(seen.rejections.is_empty(), "{:?}", seen.rejections);
}
