//! Simulated antennas: within their bounds, repeatable, and at fault as asked.

use std::collections::{BTreeMap, BTreeSet};
use tidecast_connect::synthetic::{AntennaMessage, AntennaOptions, AntennaStream, Fault};
use tidecast_core::duration::DurationMs;

const START_MS: i64 = 1_700_000_000_000;
const INTERVAL_MS: f64 = 5_000.0;
const MINUTE_MS: i64 = 60_000;

fn options(count: usize, faults: &[&str]) -> AntennaOptions {
    let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
    AntennaOptions { id: "pod".to_owned(), count, faults, seed: 7, ..AntennaOptions::default() }
}

/// Everything said in the first `minutes`, by antenna.
fn listen<'a>(stream: &'a mut AntennaStream, minutes: i64) -> BTreeMap<&'a str, Vec<AntennaMessage<'a>>> {
    let mut heard: BTreeMap<&str, Vec<AntennaMessage>> = BTreeMap::new();
    for message in stream.take_due(START_MS + minutes * MINUTE_MS - 1, usize::MAX) {
        heard.entry(message.antenna_id).or_default().push(message);
    }
    heard
}

fn mean(messages: &[AntennaMessage], value: impl Fn(&AntennaMessage) -> f64) -> f64 {
    messages.iter().map(value).sum::<f64>() / messages.len() as f64
}

#[test]
fn messages_are_as_those_of_the_original() {
    let mut stream = AntennaStream::new(options(3, &[]), INTERVAL_MS, START_MS);
    let heard = listen(&mut stream, 500);
    assert_eq!(heard.keys().copied().collect::<Vec<_>>(), ["pod-0001", "pod-0002", "pod-0003"]);
    for messages in heard.values() {
        let gaps: BTreeSet<i64> = messages.windows(2).map(|pair| pair[1].timestamp_ms - pair[0].timestamp_ms).collect();
        assert_eq!((messages.len(), gaps), (6_000, BTreeSet::from([5_000])));
        let packets: BTreeSet<u32> = messages.iter().map(|message| message.packets).collect();
        let loss: BTreeSet<u32> = messages.iter().map(|message| message.loss).collect();
        // Every value that is possible comes up among so many.
        assert_eq!((packets.first(), packets.last(), packets.len()), (Some(&100), Some(&500), 401));
        assert_eq!(loss, (0..=50).collect());
        assert!(messages.iter().all(|message| (10.0..=100.0).contains(&message.latency_ms)));
        assert!((mean(messages, |message| message.latency_ms) - 55.0).abs() < 1.0);
    }
}

#[test]
fn one_antenna_has_the_bare_id_and_whole_seconds() {
    let mut stream = AntennaStream::new(options(1, &[]), INTERVAL_MS, START_MS);
    let first = stream.take_due(START_MS, 10)[0];
    let fields = first.fields();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["antenna_id", "timestamp", "packets", "loss", "latency"]);
    assert_eq!((fields[0].1.as_str(), fields[1].1.as_str()), ("pod", "1700000000"));
    let json = serde_json::to_string(&first).unwrap();
    assert!(json.starts_with(r#"{"antenna_id":"pod","timestamp":1700000000,"packets":"#), "{json}");

    let later = AntennaMessage { timestamp_ms: START_MS + 250, ..first };
    assert_eq!(later.fields()[1].1, "1700000000.25");
    assert!(serde_json::to_string(&later).unwrap().contains(r#""timestamp":1700000000.25,"#));
}

#[test]
fn a_run_can_be_repeated_in_other_portions() {
    let stream = || AntennaStream::new(options(4, &["outage:0.5", "degraded"]), 700.0, START_MS);
    let end_ms = START_MS + 10 * MINUTE_MS;
    let (mut whole, mut portions) = (stream(), stream());
    let expected: Vec<_> = whole.take_due(end_ms, usize::MAX).iter().map(AntennaMessage::fields).collect();
    let mut found = Vec::new();
    while portions.next_ms() <= end_ms {
        found.extend(portions.take_due(end_ms, 17).iter().map(AntennaMessage::fields));
    }
    assert_eq!(found, expected);

    let mut other = AntennaStream::new(AntennaOptions { seed: 8, ..options(4, &[]) }, 700.0, START_MS);
    let other: Vec<_> = other.take_due(end_ms, usize::MAX).iter().map(AntennaMessage::fields).collect();
    assert_ne!(other, expected);
}

#[test]
fn the_loss_is_never_above_the_packets() {
    let options = AntennaOptions { packets: 0..=20, loss: 0..=50, ..options(5, &["degraded:0.4"]) };
    let mut stream = AntennaStream::new(options, INTERVAL_MS, START_MS);
    let messages = stream.take_due(START_MS + 60 * MINUTE_MS, usize::MAX);
    assert!(messages.iter().all(|message| message.loss <= message.packets));
    assert!(messages.iter().any(|message| message.loss < message.packets));
}

#[test]
fn a_share_of_the_antennas_is_degraded() {
    for (fault, expected) in [("degraded", 1), ("degraded:0.1", 4), ("degraded:0.5", 20), ("degraded:1", 40)] {
        let mut stream = AntennaStream::new(options(40, &[fault]), INTERVAL_MS, START_MS);
        let heard = listen(&mut stream, 5);
        let rate = |messages: &&Vec<AntennaMessage>| {
            mean(messages, |message| f64::from(message.loss)) / mean(messages, |message| f64::from(message.packets))
        };
        let degraded = heard.values().filter(|messages| (0.4..=0.8).contains(&rate(messages))).count();
        let well = heard.values().filter(|messages| rate(messages) < 0.2).count();
        assert_eq!((degraded, well), (expected, 40 - expected), "{fault}");
    }
}

#[test]
fn replicas_with_the_same_flags_are_degraded_in_the_same_share() {
    let is_degraded = |replica: usize| {
        let options = AntennaOptions { id: format!("simulator-{replica}"), ..options(1, &["degraded:0.25"]) };
        let mut stream = AntennaStream::new(options, INTERVAL_MS, START_MS);
        let messages = stream.take_due(START_MS + MINUTE_MS, usize::MAX);
        mean(&messages, |message| f64::from(message.loss)) > 60.0
    };
    let degraded = (0..400).filter(|&replica| is_degraded(replica)).count();
    assert!((70..=130).contains(&degraded), "{degraded} of 400");
}

#[test]
fn an_outage_is_a_minute_of_silence_in_five() {
    let mut stream = AntennaStream::new(options(10, &["outage:0.3"]), 1_000.0, START_MS);
    let heard = listen(&mut stream, 50);
    let mut silent = 0;
    for messages in heard.values() {
        let gaps: Vec<i64> = messages.windows(2).map(|pair| pair[1].timestamp_ms - pair[0].timestamp_ms).collect();
        let outages: Vec<&i64> = gaps.iter().filter(|&&gap_ms| gap_ms > 1_000).collect();
        if messages.len() < 3_000 {
            silent += 1;
            assert!(outages.iter().all(|&&gap_ms| (MINUTE_MS..=MINUTE_MS + 1_000).contains(&gap_ms)), "{outages:?}");
            assert!((2_390..=2_410).contains(&messages.len()), "{}", messages.len());
        } else {
            assert!(outages.is_empty());
        }
    }
    assert_eq!(silent, 3);
}

#[test]
fn a_drifting_latency_climbs_and_stays() {
    let mut stream = AntennaStream::new(options(4, &["drift"]), 1_000.0, START_MS);
    let heard = listen(&mut stream, 120);
    let latency = |message: &AntennaMessage| message.latency_ms;
    // Ten minutes have 600 draws between 10 and 100: their mean is within 6 of 55 for all but one in ten million.
    let usual = |messages: &[AntennaMessage], times: f64| (mean(messages, latency) - 55.0 * times).abs() < 6.0 * times;
    let mut drifting = 0;
    for messages in heard.values() {
        let (middle, end) = (&messages[1_500..2_100], &messages[3_600..]);
        if usual(middle, 3.0) && usual(end, 5.0) {
            drifting += 1;
        } else {
            assert!(usual(middle, 1.0) && usual(end, 1.0));
        }
    }
    assert_eq!(drifting, 1);
}

#[test]
fn a_rhythm_is_lowest_at_multiples_of_its_period() {
    let hour = DurationMs::HOUR;
    let midnight_ms = START_MS - START_MS.rem_euclid(hour.0);
    let options = AntennaOptions { rhythm: Some(hour), ..options(1, &[]) };
    let mut stream = AntennaStream::new(options, 1_000.0, midnight_ms);
    let messages = stream.take_due(midnight_ms + hour.0 - 1, usize::MAX);
    let packets = |messages: &[AntennaMessage]| mean(messages, |message| f64::from(message.packets));
    let (low, high) = (packets(&messages[..300]), packets(&messages[1_650..1_950]));
    assert!(low < 200.0 && high > 400.0, "{low} {high}");
    assert!(messages.iter().all(|message| (100..=500).contains(&message.packets)));
}

#[test]
fn what_was_due_while_nobody_listened_is_left_out() {
    let mut stream = AntennaStream::new(options(2, &[]), INTERVAL_MS, START_MS);
    assert_eq!(stream.take_due(START_MS, 10).len(), 1);
    let later_ms = START_MS + 10 * MINUTE_MS;
    assert_eq!(stream.skip_to(later_ms), 239);
    assert_eq!((stream.next_ms(), stream.skip_to(START_MS)), (later_ms, 0));
    let next = stream.take_due(later_ms + 2_500, 10).iter().map(|message| message.antenna_id).collect::<Vec<_>>();
    assert_eq!(next, ["pod-0001", "pod-0002"]);
}

#[test]
fn what_is_no_fault_is_refused() {
    for text in ["", "flood", "degraded:", "degraded:0", "outage:1.1", "drift:-1", "drift:x", "Degraded", "drift:NaN"] {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains("write degraded, outage or drift"), "{error}");
    }
    for text in ["degraded", "outage:0.25", "drift:1"] {
        assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
    }
}
