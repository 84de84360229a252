//! Workers share a stream; every message is in exactly one partial, and the time up to which they are complete is right.

use super::server::{SharedServer, ask, connect, unique};
use super::{DEADLINE, clock, event_ms, format, message};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tidecast_connect::redis::{
    GroupOptions, Partial, Publication, RedisAddress, RedisGroupReader, RedisPartialsReader, RedisStreamSink,
    StreamStart, partials_stream,
};
use tidecast_core::ports::RecordDelivery;
use tidecast_core::record::{Rejection, Rejections};

fn group_options(url: &str, stream: &str) -> GroupOptions {
    GroupOptions {
        address: RedisAddress::parse(url).unwrap(),
        stream: stream.to_owned(),
        group: "tidecast".to_owned(),
        analytics: "network".to_owned(),
        start: StreamStart::Beginning,
        claim_after: Duration::from_secs(1),
        partials_waiting_max: 1_000,
    }
}

fn worker(options: &GroupOptions, name: &str) -> RedisGroupReader {
    RedisGroupReader::open(options.clone(), name, format(), clock()).unwrap()
}

/// The numbers of messages, as a partial.
fn encode(delivery: &RecordDelivery) -> Vec<u8> {
    let numbers: Vec<String> = numbers(delivery).iter().map(u64::to_string).collect();
    numbers.join(" ").into_bytes()
}

fn decode(partial: &Partial) -> Vec<u64> {
    std::str::from_utf8(&partial.data).unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn numbers(delivery: &RecordDelivery) -> Vec<u64> {
    delivery.records.numbers("packets").unwrap().iter().map(|&number| number as u64).collect()
}

async fn send(options: &GroupOptions, numbers: std::ops::Range<u64>) {
    let mut sink = RedisStreamSink::new(options.address.clone(), &options.stream, None);
    let mut messages: Vec<_> = numbers.map(message).collect();
    let start = Instant::now();
    while let Err(error) = sink.send(&mut messages).await {
        assert!(start.elapsed() < DEADLINE, "{error}");
    }
}

/// The next batch that has messages.
async fn batch(worker: &mut RedisGroupReader) -> RecordDelivery {
    let start = Instant::now();
    loop {
        let delivery = worker.next_records().await;
        if !delivery.records.is_empty() {
            return delivery;
        }
        assert!(start.elapsed() < DEADLINE, "{:?}", worker.health());
    }
}

/// Publishes all that there is, for ever: how long claims take depends on the machine.
async fn work(mut worker: RedisGroupReader) {
    loop {
        let delivery = worker.next_records().await;
        if !delivery.records.is_empty() {
            worker.publish(&encode(&delivery), &delivery.rejections).await;
        }
    }
}

/// Three workers, one of which dies with messages in its hands; a merger that stops and goes on; every message exactly once.
pub(super) async fn shared_by_workers(url: &str, stream: &str, count: u64) {
    let options = group_options(url, stream);
    let mut first = worker(&options, "first");
    // Creates the group, at the end of what other tests left there.
    let options = GroupOptions { start: StreamStart::End, ..options };
    let mut dying = worker(&options, "dying");
    dying.next_records().await;
    send(&options, 0..count).await;
    let held = numbers(&batch(&mut dying).await);
    drop(dying);
    batch(&mut first).await;
    let workers = [tokio::spawn(work(first)), tokio::spawn(work(worker(&options, "second")))];
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    let mut cursor: Option<String> = None;
    let start = Instant::now();
    let mut idle = false;
    while !idle || counts.len() < count as usize {
        assert!(start.elapsed() < DEADLINE, "{} of {count} messages", counts.len());
        // Another merger each time, which goes on where the last one was.
        let mut merger = RedisPartialsReader::open("partials", options.clone(), cursor.as_deref()).unwrap();
        for _ in 0..5 {
            let delivery = merger.next_partials().await;
            for number in delivery.partials.iter().flat_map(decode) {
                *counts.entry(number).or_default() += 1;
            }
            assert_eq!(delivery.lost, 0);
            let unseen = (0..count).find(|number| !counts.contains_key(number));
            if let (Some(complete), Some(unseen)) = (delivery.complete_to_event_ms, unseen) {
                assert!(complete < event_ms(unseen), "complete to {complete} without {unseen} of {held:?}");
            }
            cursor = delivery.position.map(|position| position.cursor).or(cursor);
            idle = delivery.idle;
            merger.acknowledge().await;
        }
    }
    assert!(counts.keys().copied().eq(0..count));
    assert!(counts.values().all(|&times| times == 1));
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_costs_and_doubles_nothing() {
    let Some(server) = SharedServer::running() else { return };
    let stream = unique("workers");
    shared_by_workers(&server.url, &stream, 20_000).await;
    let mut connection = connect(&server.url).await;
    let left: u64 = ask(&mut connection, &format!("XLEN {}", partials_stream(&stream, "network"))).await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_dead_worker_hold_the_time() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("hold"));
    let mut merger = RedisPartialsReader::open("partials", options.clone(), None).unwrap();
    let mut complete = None;
    let mut look = async |expected: Option<i64>, idle: bool| {
        let start = Instant::now();
        loop {
            let delivery = merger.next_partials().await;
            complete = delivery.complete_to_event_ms;
            if (complete, delivery.idle) == (expected, idle) {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "{complete:?} {}, not {expected:?} {idle}", delivery.idle);
        }
    };
    let (mut dying, mut other) = (worker(&options, "dying"), worker(&options, "other"));
    send(&options, 0..3).await;
    let delivery = batch(&mut dying).await;
    dying.publish(&encode(&delivery), &delivery.rejections).await;
    look(Some(event_ms(2)), true).await;
    send(&options, 3..6).await;
    batch(&mut dying).await;
    send(&options, 6..9).await;
    let newest = batch(&mut other).await;
    assert_eq!(numbers(&newest), [6, 7, 8]);
    assert_eq!(other.publish(&encode(&newest), &newest.rejections).await, Publication::Done);
    // 3 to 5 are with nobody: the time stays before them, for as long as it takes.
    for _ in 0..3 {
        look(Some(event_ms(2)), false).await;
    }
    drop(dying);
    let claimed = batch(&mut other).await;
    assert_eq!(numbers(&claimed), [3, 4, 5]);
    look(Some(event_ms(2)), false).await;
    assert_eq!(other.publish(&encode(&claimed), &claimed.rejections).await, Publication::Done);
    look(Some(event_ms(8)), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_worker_whose_messages_were_claimed_is_refused() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("slow"));
    send(&options, 0..10).await;
    let (mut slow, mut other) = (worker(&options, "slow"), worker(&options, "other"));
    let late = batch(&mut slow).await;
    let claimed = batch(&mut other).await;
    assert_eq!(numbers(&late), numbers(&claimed));
    assert_eq!(slow.publish(&encode(&late), &late.rejections).await, Publication::Void);
    assert_eq!(other.publish(&encode(&claimed), &claimed.rejections).await, Publication::Done);
    assert_eq!(slow.publish(&encode(&late), &late.rejections).await, Publication::Void);
    let mut connection = connect(&server.url).await;
    let partials: u64 = ask(&mut connection, &format!("XLEN {}", partials_stream(&options.stream, "network"))).await;
    assert_eq!(partials, 1);
    // It goes on with what is new.
    send(&options, 10..12).await;
    let next = batch(&mut slow).await;
    assert_eq!(numbers(&next), [10, 11]);
    assert_eq!(slow.publish(&encode(&next), &next.rejections).await, Publication::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_not_published_comes_again() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("again"));
    send(&options, 0..10).await;
    let mut first = worker(&options, "first");
    let batches = [numbers(&batch(&mut first).await), numbers(&batch(&mut first).await)];
    drop(first);
    let mut restarted = worker(&options, "first");
    let delivery = batch(&mut restarted).await;
    assert!(batches.iter().all(|batch| *batch == numbers(&delivery)));
    // As if the answer to handing on had been lost: what was acknowledged does not come again.
    assert_eq!(restarted.publish(&encode(&delivery), &delivery.rejections).await, Publication::Done);
    drop(restarted);
    send(&options, 10..11).await;
    assert_eq!(numbers(&batch(&mut worker(&options, "first")).await), [10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_wait_for_the_merger() {
    let Some(server) = SharedServer::running() else { return };
    let options = GroupOptions { partials_waiting_max: 2, ..group_options(&server.url, &unique("full")) };
    let mut worker = worker(&options, "first");
    for number in 0..2 {
        send(&options, number..number + 1).await;
        let delivery = batch(&mut worker).await;
        assert_eq!(worker.publish(&encode(&delivery), &delivery.rejections).await, Publication::Done);
    }
    send(&options, 2..3).await;
    // The length is learnt with a read, so one more batch may pass.
    let mut passed = Vec::new();
    let start = Instant::now();
    while !worker.health().trouble.is_some_and(|trouble| trouble.contains("wait in")) {
        assert!(start.elapsed() < DEADLINE);
        let delivery = worker.next_records().await;
        if !delivery.records.is_empty() {
            passed.extend(numbers(&delivery));
            assert_eq!(worker.publish(&encode(&delivery), &delivery.rejections).await, Publication::Done);
        }
    }
    send(&options, 3..4).await;
    assert!(worker.next_records().await.records.is_empty());
    let mut merger = RedisPartialsReader::open("partials", options.clone(), None).unwrap();
    let merged = merger.next_partials().await;
    assert_eq!(merged.partials.len(), 2 + passed.len());
    merger.acknowledge().await;
    assert_eq!(numbers(&batch(&mut worker).await).last(), Some(&3));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_were_trimmed_while_pending_are_counted_and_let_go() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("pending-trimmed"));
    send(&options, 0..10).await;
    let mut connection = connect(&server.url).await;
    let mut first = worker(&options, "first");
    assert_eq!(batch(&mut first).await.records.len(), 10);
    ask::<u64>(&mut connection, &format!("XTRIM {} MAXLEN = 4", options.stream)).await;
    let again = batch(&mut first).await;
    assert_eq!((numbers(&again), again.rejections.count(Rejection::Trimmed)), (vec![6, 7, 8, 9], 6));
    assert_eq!(first.publish(&encode(&again), &again.rejections).await, Publication::Done);
    let pending: Vec<::redis::Value> = ask(&mut connection, &format!("XPENDING {} tidecast", options.stream)).await;
    assert_eq!(pending[0], ::redis::Value::Int(0));
    // What is trimmed before anybody had it counts too, once.
    send(&options, 10..30).await;
    ask::<u64>(&mut connection, &format!("XTRIM {} MAXLEN = 5", options.stream)).await;
    let next = batch(&mut first).await;
    assert_eq!((numbers(&next), next.rejections.count(Rejection::Trimmed)), ((25..30).collect(), 15));
    assert_eq!(first.publish(&encode(&next), &next.rejections).await, Publication::Done);
    // Also when nothing comes after it.
    send(&options, 30..40).await;
    ask::<u64>(&mut connection, &format!("XTRIM {} MAXLEN = 0", options.stream)).await;
    let mut merger = RedisPartialsReader::open("merger", options.clone(), None).unwrap();
    let (mut messages, mut refused) = (0, Rejections::default());
    let start = Instant::now();
    while refused.count(Rejection::Trimmed) < 31 {
        assert!(start.elapsed() < DEADLINE, "{messages} {refused:?}");
        let delivery = first.next_records().await;
        first.publish(&encode(&delivery), &delivery.rejections).await;
        for partial in merger.next_partials().await.partials {
            messages += partial.messages;
            refused.add_all(&partial.refused);
        }
        merger.acknowledge().await;
    }
    assert_eq!((messages, refused.count(Rejection::Trimmed)), (15, 31));
}

/// Partials that were read are delivered, and only then trimmed, also while the messages' own stream cannot be looked at.
#[tokio::test(flavor = "multi_thread")]
async fn partials_survive_a_stream_of_messages_that_is_none() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("wrong-type"));
    send(&options, 0..10).await;
    let mut first = worker(&options, "first");
    let delivery = batch(&mut first).await;
    assert_eq!(first.publish(&encode(&delivery), &delivery.rejections).await, Publication::Done);
    let mut connection = connect(&server.url).await;
    ask::<::redis::Value>(&mut connection, &format!("SET {} text", options.stream)).await;
    let mut merger = RedisPartialsReader::open("merger", options.clone(), None).unwrap();
    let delivery = merger.next_partials().await;
    assert_eq!(delivery.partials.iter().flat_map(decode).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert!(!delivery.idle);
    assert!(merger.health().trouble.is_some_and(|trouble| trouble.contains("WRONGTYPE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_that_are_gone_are_forgotten_without_their_messages() {
    let Some(server) = SharedServer::running() else { return };
    let options = group_options(&server.url, &unique("forget"));
    send(&options, 0..10).await;
    // One is gone with messages, one without.
    batch(&mut worker(&options, "dying")).await;
    worker(&options, "done").next_records().await;
    let mut other = worker(&options, "other");
    let claimed = batch(&mut other).await;
    assert_eq!(numbers(&claimed), (0..10).collect::<Vec<_>>());
    assert_eq!(other.publish(&encode(&claimed), &claimed.rejections).await, Publication::Done);
    let mut connection = connect(&server.url).await;
    let start = Instant::now();
    loop {
        other.next_records().await;
        let consumers: Vec<BTreeMap<String, ::redis::Value>> =
            ask(&mut connection, &format!("XINFO CONSUMERS {} tidecast", options.stream)).await;
        if consumers.len() == 1 {
            assert_eq!(consumers[0]["name"], ::redis::Value::BulkString(b"other".to_vec()));
            return;
        }
        assert!(start.elapsed() < DEADLINE, "{consumers:?}");
    }
}
