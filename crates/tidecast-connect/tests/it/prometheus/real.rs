//! Fourteen days from real servers.

use super::server::{PASSWORD, Recorded, Server, USER};
use super::{DAY_MS, MINUTE_MS, client};
use std::sync::OnceLock;
use tidecast_connect::prometheus::{PrometheusCredentials, PrometheusError};
use tidecast_core::duration::DurationMs;

/// Fourteen days before now, on a whole day, so that servers that keep a month keep it.
fn start_ms() -> i64 {
    // The same for a whole run, also when midnight passes.
    static START_MS: OnceLock<i64> = OnceLock::new();
    *START_MS.get_or_init(|| jiff::Timestamp::now().as_millisecond() / DAY_MS * DAY_MS - 14 * DAY_MS)
}

fn metric(name: &str) -> String {
    format!("tidecast_test_{name}_{}", std::process::id())
}

/// Requests in flight that go up and down within a day, on two machines, and a counter of either.
fn recording() -> Vec<Recorded> {
    let (gauge, counter, start_ms) = (metric("in_flight"), metric("requests_total"), start_ms());
    let mut samples = Vec::new();
    for machine in ["a", "b"] {
        for minute in (0..14 * 1_440_i64).filter(|minute| !gap().contains(minute)) {
            let time_ms = start_ms + minute * MINUTE_MS;
            samples.push((format!("{gauge}{{machine=\"{machine}\"}}"), in_flight(minute), time_ms));
            samples.push((format!("{counter}{{machine=\"{machine}\"}}"), (minute * 60) as f64, time_ms));
        }
    }
    samples
}

/// Two hours without samples on the third day, in minutes.
fn gap() -> std::ops::Range<i64> {
    3_000..3_120
}

fn in_flight(minute: i64) -> f64 {
    (100 + (minute % 1_440)) as f64
}

/// The recording is there to the last sample, in several parts.
async fn check_recording(address: &str) {
    let client = client(address, None);
    let (start_ms, end_ms) = (start_ms(), start_ms() + 14 * DAY_MS);
    let one = format!("{}{{machine=\"a\"}}", metric("in_flight"));
    let range = client.query_range(&one, start_ms + 1, end_ms - MINUTE_MS, DurationMs::MINUTE).await.unwrap();
    assert_eq!(range.labels["machine"], "a");
    assert_eq!((range.series.start_ms, range.series.len()), (start_ms + MINUTE_MS, 14 * 1_440 - 1));
    for (index, &value) in range.series.values.iter().enumerate() {
        let minute = index as i64 + 1;
        // A value is good for five minutes after its sample.
        if (gap().start..gap().end).contains(&minute) {
            assert!(minute <= gap().start + 5 || value.is_nan(), "{minute}: {value}");
        } else {
            assert_eq!(value, in_flight(minute), "{minute}");
        }
    }

    let rate = format!("sum(rate({}[5m]))", metric("requests_total"));
    let range = client.query_range(&rate, start_ms, end_ms - MINUTE_MS, DurationMs(30_000)).await.unwrap();
    assert!(range.labels.is_empty());
    assert!(range.series.len() > 14 * 2_880 - 20, "{}", range.series.len());
    assert!((100..240).contains(&range.series.missing()), "{}", range.series.missing());
    // Where all samples of a window are there, each machine has one request a second.
    let exact = range.series.samples().filter(|sample| (sample.value - 2.0).abs() < 0.01).count();
    assert!(exact > 14 * 2_880 - 300, "{exact}");

    let both =
        client.query_range(&metric("in_flight"), start_ms, end_ms, DurationMs::HOUR).await.unwrap_err().to_string();
    assert!(both.contains("returned 2 series") && both.contains("machine=\"a\"") && both.contains("sum("), "{both}");
    // Two days before the first sample there is nothing, and the series begins with its first value.
    let range = client.query_range(&one, start_ms - 2 * DAY_MS, start_ms + DAY_MS, DurationMs::HOUR).await.unwrap();
    assert_eq!((range.series.start_ms, range.series.len()), (start_ms, 25));
}

/// What needs no data of a server.
async fn check_any_server(address: &str) {
    let client = client(address, None);
    let (start_ms, end_ms) = (start_ms(), start_ms() + 14 * DAY_MS);
    let ask = async |query: &str, step_ms| client.query_range(query, start_ms, end_ms, DurationMs(step_ms)).await;

    // Each time is evaluated, whatever the parts.
    let times = ask("time()", 15_000).await.unwrap().series;
    assert_eq!((times.start_ms, times.step_ms, times.len()), (start_ms, 15_000, 14 * 5_760 + 1));
    for (index, &value) in times.values.iter().enumerate() {
        assert_eq!(value, times.timestamp_ms(index) as f64 / 1e3);
    }
    // A query that has a value now and then; one over zero is none.
    let parts = ask("1 / (vector(time()) % 7200 == bool 0)", 3_600_000).await.unwrap().series;
    assert_eq!((parts.len(), parts.missing()), (14 * 24 + 1, 14 * 12));

    let error = ask("tidecast_test_that_nobody_has", 60_000).await.unwrap_err();
    assert!(matches!(&error, PrometheusError::Nothing { from_ms, .. } if *from_ms == start_ms), "{error}");
    let error = ask("sum(", 60_000).await.unwrap_err();
    assert!(
        matches!(&error, PrometheusError::Refused { message, .. } if message.contains("sum(")
        || message.contains("parse error")),
        "{error}"
    );
    let several = r#"label_replace(vector(1), "a", "1", "", "") or label_replace(vector(1), "a", "2", "", "")"#;
    let error = ask(several, 3_600_000).await.unwrap_err();
    assert!(matches!(&error, PrometheusError::SeveralSeries { count: 2, .. }), "{error}");
    // Escapes survive the form.
    let escaped = r#"label_replace(vector(1), "a", "100% & +ä=1", "", "")"#;
    assert_eq!(ask(escaped, 3_600_000).await.unwrap().labels["a"], "100% & +ä=1");
}

#[tokio::test]
async fn prometheus_gives_a_series_in_parts() {
    let Some(server) = Server::prometheus_with(&recording(), false) else { return };
    check_recording(&server.address).await;
}

#[tokio::test]
async fn prometheus_answers_as_expected() {
    let Some(server) = Server::prometheus() else { return };
    check_any_server(&server.address).await;
}

#[tokio::test]
async fn victoria_metrics_gives_a_series_in_parts() {
    let Some(server) = Server::victoria_metrics() else { return };
    server.import(&recording()).await;
    check_recording(&server.address).await;
}

#[tokio::test]
async fn victoria_metrics_answers_as_expected() {
    let Some(server) = Server::victoria_metrics() else { return };
    check_any_server(&server.address).await;
}

#[tokio::test]
async fn passwords_are_shown_where_they_are_wanted() {
    let users = [&format!("-httpAuth.username={USER}") as &str, &format!("-httpAuth.password={PASSWORD}")];
    for server in [Server::prometheus_with(&[], true), Server::victoria_metrics_with(&users)].into_iter().flatten() {
        let ask = async |credentials| {
            let range =
                client(&server.address, credentials).query_range("vector(1)", 0, MINUTE_MS, DurationMs::MINUTE).await;
            range.map(|range| range.series.values)
        };
        let password = |text| Some(PrometheusCredentials::basic(USER, text).unwrap());
        assert_eq!(ask(password(PASSWORD)).await, Ok(vec![1.0, 1.0]));
        let error = ask(None).await.unwrap_err().to_string();
        assert!(error.contains("answers 401: it wants credentials, and none were given"), "{error}");
        let error = ask(password("wr0ng")).await.unwrap_err().to_string();
        assert!(error.contains("refuses the credentials") && !error.contains("wr0ng"), "{error}");
    }
}
