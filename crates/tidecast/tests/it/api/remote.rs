//! [`RemoteStore`] against the same store seen directly: every method, equal results.

use super::fixture::{HOUR_MS, NOW_MS, Server, forecast};
use tidecast_connect::http::{RemoteStore, Token};
use tidecast_core::ports::{ForecastQuery, Position, SeriesStore};
use tidecast_core::series::{Aggregate, Bucket, SampleBatch, Selector, SeriesKey, TimeRange};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn every_method_gives_what_the_store_gives() {
    let server = Server::start_with(Some("open-sesame")).await;
    let token = Token::new("open-sesame").unwrap();
    let remote = RemoteStore::new(&format!("{}/", server.url), Some(&token)).unwrap();
    remote.check().await.unwrap();
    let odd: SeriesKey = SeriesKey::new("power", [("device_id", "a \"quoted\"\\ & ünïcode\n%2B+")]).unwrap();
    let plain: SeriesKey = "load".parse().unwrap();
    let mut batch = SampleBatch::new();
    for hour in 0..300_i64 {
        batch.push(&odd, NOW_MS - hour * HOUR_MS, (hour as f64).sqrt() / 3.0);
    }
    for (second, value) in [(1, f64::MIN_POSITIVE), (2, f64::MAX), (3, -0.0), (4, 0.1 + 0.2), (5, 5e-324)] {
        batch.push(&plain, second * 1_000, value);
    }
    let position = Position { source: "meters & more".to_owned(), cursor: "{\"row\": 7}".to_owned() };
    remote.append(batch, Some(position.clone())).await.unwrap();

    for source in [position.source.as_str(), "unknown"] {
        assert_eq!(remote.cursor(source).await.unwrap(), server.store.cursor(source).await.unwrap());
    }
    assert_eq!(remote.cursor(&position.source).await.unwrap(), Some(position.cursor));
    for selector in ["{}", "power", r#"{device_id=~".*quoted.*"}"#, r#"{device_id!~".*\\d"}"#, "nothing"] {
        let selector: Selector = selector.parse().unwrap();
        let (series, latest) = (remote.series(&selector).await.unwrap(), remote.latest(&selector).await.unwrap());
        assert_eq!(series, server.store.series(&selector).await.unwrap(), "{selector}");
        assert_eq!(latest, server.store.latest(&selector).await.unwrap(), "{selector}");
    }
    let ranges =
        [TimeRange::ALL, TimeRange::new(NOW_MS - 50 * HOUR_MS, NOW_MS), TimeRange::new(5, 5), TimeRange::new(9, 5)];
    let aggregates = [Aggregate::Min, Aggregate::Max, Aggregate::Mean, Aggregate::Last];
    let buckets = aggregates.map(|aggregate| Some(Bucket { width_ms: 5 * HOUR_MS + 1, aggregate }));
    let unknown: SeriesKey = "unknown".parse().unwrap();
    for series in [&odd, &plain, &unknown] {
        for range in ranges {
            for bucket in buckets.into_iter().chain([None]) {
                let ours = remote.range(series, range, bucket).await.unwrap();
                let theirs = server.store.range(series, range, bucket).await.unwrap();
                assert_eq!(ours.timestamps_ms, theirs.timestamps_ms, "{series} {range:?} {bucket:?}");
                let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&ours.values), bits(&theirs.values), "{series} {range:?} {bucket:?}");
            }
        }
    }
}

#[tokio::test]
async fn forecasts_travel_in_pages() {
    let server = Server::start().await;
    let remote = RemoteStore::new(&server.url, None).unwrap();
    let mut forecasts = Vec::new();
    for origin in 0..4_100 {
        let mut stored = forecast("power", "ridge", origin * HOUR_MS);
        stored.quantiles = vec![vec![0.1 * origin as f64]; 3];
        stored.note = (origin % 2 == 0).then(|| "a note".to_owned());
        forecasts.push(stored.clone());
        if origin % 3 == 0 {
            stored.model.version = 2;
            forecasts.push(stored);
        }
    }
    remote.put_forecasts(forecasts).await.unwrap();
    let queries = [
        (TimeRange::ALL, usize::MAX),
        (TimeRange::ALL, 2_000),
        (TimeRange::ALL, 2_001),
        (TimeRange::ALL, 1),
        (TimeRange::ALL, 0),
        (TimeRange::new(HOUR_MS, 3_000 * HOUR_MS), 2_999),
        (TimeRange::new(5, 5), 10),
    ];
    for (origins, limit) in queries {
        let query = ForecastQuery { series: "power".parse().unwrap(), origins, limit };
        let expected = server.store.forecasts(query.clone()).await.unwrap();
        assert_eq!(remote.forecasts(query).await.unwrap(), expected, "{origins:?} {limit}");
    }
}

#[tokio::test]
async fn long_series_travel_in_parts() {
    let server = Server::start().await;
    let remote = RemoteStore::new(&server.url, None).unwrap();
    let series: SeriesKey = "load".parse().unwrap();
    for part in 0..3_i64 {
        let timestamps: Vec<i64> = (part * 400_000..(part + 1) * 400_000).map(|second| second * 1_000).collect();
        let values: Vec<f64> = timestamps.iter().map(|timestamp_ms| (timestamp_ms % 977_000) as f64 / 7.0).collect();
        let mut batch = SampleBatch::new();
        batch.push_run(&series, &timestamps, &values);
        remote.append(batch, None).await.unwrap();
    }
    for bucket in [None, Some(Bucket { width_ms: 1_001, aggregate: Aggregate::Mean })] {
        let expected = server.store.range(&series, TimeRange::ALL, bucket).await.unwrap();
        assert!(expected.values.len() > 1_000_000);
        assert_eq!(remote.range(&series, TimeRange::ALL, bucket).await.unwrap(), expected, "{bucket:?}");
    }
}

#[tokio::test]
async fn failures_say_what_to_do() {
    for (url, message) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("ftp://host", "http://"),
        ("http://user:word@host", "a user or a password"),
        ("", "http://"),
    ] {
        let error = RemoteStore::new(url, None).err().unwrap().to_string();
        assert!(error.contains(message) && !error.contains("word@"), "{url}: {error}");
    }
    let server = Server::start_with(Some("open-sesame")).await;
    let wrong = Token::new("shut-sesame").unwrap();
    for (token, message) in
        [(None, "wants a token; set TIDECAST_TOKEN or --token-file"), (Some(&wrong), "refuses the token")]
    {
        let error = RemoteStore::new(&server.url, token).unwrap().check().await.unwrap_err().to_string();
        assert!(error.contains(message) && !error.contains("sesame"), "{error}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let error = RemoteStore::new(&address, None).unwrap().check().await.unwrap_err().to_string();
    assert!(error.contains("is `tidecast run` or `tidecast demo` running there?"), "{error}");
    assert!(error.contains(&address), "{error}");
}

#[tokio::test]
async fn another_server_is_recognised() {
    for (answer, message) in [
        ("HTTP/1.1 200 OK\r\nserver: nginx\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>", "came from nginx"),
        (
            "HTTP/1.1 404 Not Found\r\nserver: tidecast/9.0.0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "came from tidecast/9.0.0",
        ),
        ("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "302"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        let error = RemoteStore::new(&url, None).unwrap().check().await.unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("same version"), "{error}");
        server.await.unwrap();
    }
}
