//! A sink keeps what Redis does not take.

use super::server::{RedisServer, ask, connect};
use super::{Seen, message, open, options};
use std::time::Instant;
use tidecast_connect::redis::RedisStreamSink;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_takes_no_writes_but_is_read() {
    let Some(server) = RedisServer::start(&["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]) else { return };
    let options = options(&server.url(), "stream");
    let mut sink = RedisStreamSink::new(options.address.clone(), "stream", None);
    let mut connection = connect(&server.url()).await;
    let mut messages: Vec<_> = (0..100_000).map(message).collect();
    let error = sink.send(&mut messages).await.unwrap_err().to_string();
    assert!(error.contains("OOM") && error.contains("maxmemory"), "{error}");
    let taken: usize = ask(&mut connection, "XLEN stream").await;
    assert_eq!(taken + messages.len(), 100_000);
    // Readers go on meanwhile.
    let mut source = open(&options, None);
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, taken).await;
    ask::<()>(&mut connection, "CONFIG SET maxmemory 0").await;
    let start = Instant::now();
    while sink.send(&mut messages).await.is_err() {
        assert!(start.elapsed() < super::DEADLINE);
    }
    seen.read_exactly(&mut source, 100_000).await;
    assert!(seen.numbers.iter().copied().eq(0..100_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_trimmed_to_about_what_is_kept() {
    let Some(server) = super::server::SharedServer::running() else { return };
    let stream = super::server::unique("keep");
    let mut sink = RedisStreamSink::new(options(&server.url, &stream).address, &stream, Some(1_000));
    sink.send(&mut (0..5_000).map(message).collect()).await.unwrap();
    let length: u64 = ask(&mut connect(&server.url).await, &format!("XLEN {stream}")).await;
    assert!((1_000..1_200).contains(&length), "{length}");
}
