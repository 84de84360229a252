//! Everything that is no success: one JSON shape, the right status, a message that says what to do.

use super::fixture::Server;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tidecast_connect::http::RemoteStore;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{BoxFuture, ForecastQuery, Position, SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{Bucket, Points, Sample, SampleBatch, Selector, SeriesKey, TimeRange};

#[tokio::test]
async fn wrong_requests_say_what_is_wrong() {
    let server = Server::start().await;
    let cases = [
        ("/api/v1/nothing", 404, "not_found", "/api/v1/nothing"),
        ("/api", 404, "not_found", "/api"),
        ("/nothing", 404, "not_found", "/nothing"),
        ("/api/v1/series?selector=power%7B", 400, "bad_request", "expected a label name at character 7"),
        ("/api/v1/series?select=power", 400, "bad_request", "unknown field `select`"),
        ("/api/v1/range", 400, "bad_request", "missing field `series`"),
        ("/api/v1/range?series=%7B%7D", 400, "bad_request", "the metric name is missing"),
        ("/api/v1/range?series=a&from=x", 400, "bad_request", "from: "),
        ("/api/v1/range?series=a&from=2&to=1", 400, "bad_request", "`from` is after `to`"),
        ("/api/v1/range?series=a&points=1", 400, "bad_request", "`points` is from 2"),
        ("/api/v1/range?series=a&points=1000001", 400, "bad_request", "`points` is from 2"),
        ("/api/v1/range?series=a&points=9&bucket=1h", 400, "bad_request", "not both"),
        ("/api/v1/range?series=a&bucket=1.5h", 400, "bad_request", "is not a duration"),
        ("/api/v1/range?series=a&bucket=0s", 400, "bad_request", "at least 1ms"),
        ("/api/v1/range?series=a&bucket=1h&aggregate=sum", 400, "bad_request", "unknown variant `sum`"),
        ("/api/v1/forecasts?series=a&limit=0", 400, "bad_request", "`limit` is from 1 to 2000"),
        ("/api/v1/forecasts?series=a&limit=2001", 400, "bad_request", "`limit` is from 1 to 2000"),
        ("/api/v1/forecasts?series=a&from=2&to=1", 400, "bad_request", "`from` is after `to`"),
        ("/api/v1/overview?limit=1001", 400, "bad_request", "`limit` is at most 1000"),
        ("/api/v1/cursor", 400, "bad_request", "missing field `source`"),
        ("/api/v1/samples", 405, "bad_request", "does not take this method"),
        ("/ui/assets/nothing.js", 404, "not_found", "/ui/assets/nothing.js"),
    ];
    for (path, status, code, message) in cases {
        check(server.request(Method::GET, path), path, status, code, message).await;
    }
}

#[tokio::test]
async fn wrong_bodies_say_what_is_wrong() {
    let server = Server::start().await;
    let samples = "/api/v1/samples";
    let forecasts = "/api/v1/forecasts";
    let forecast = |change: &str| {
        let fields = r#""series":"a","origin_ms":5,"model":{"model":"m","version":1}"#;
        format!(r#"{{"forecasts":[{{{fields},{change}}}]}}"#)
    };
    let cases = [
        (samples, "{".to_owned(), "EOF"),
        (samples, r#"{"runs":[{"series":"a"}]}"#.to_owned(), "missing field `timestamps_ms`"),
        (samples, r#"{"runs":[],"positon":null}"#.to_owned(), "unknown field `positon`"),
        (samples, run("9a", "[1]", "[1]"), "is not a series"),
        (samples, run("a", "[1,2]", "[1]"), "a has 2 timestamps_ms and 1 values"),
        (samples, run("a", "[1]", "[null]"), "null"),
        (samples, run("a", "[1]", "[1e999]"), "number out of range"),
        (samples, run("a", "[9000000000000000000]", "[1]"), "refused"),
        (forecasts, forecast(r#""step_ms":0,"levels":[],"quantiles":[]"#), "a at 5: step_ms"),
        (forecasts, forecast(r#""step_ms":1,"levels":[0.5,0.1],"quantiles":[[],[]]"#), "levels ascend"),
        (forecasts, forecast(r#""step_ms":1,"levels":[1.0],"quantiles":[[]]"#), "levels ascend"),
        (forecasts, forecast(r#""step_ms":1,"levels":[0.5],"quantiles":[]"#), "one row per level"),
        (forecasts, forecast(r#""step_ms":1,"levels":[0.1,0.5],"quantiles":[[1],[1,2]]"#), "equally long"),
    ];
    for (path, body, message) in cases {
        check(server.post(path, body.clone()), &body, 400, "bad_request", message).await;
    }
    let untyped = server.request(Method::POST, samples).body(run("a", "[1]", "[1]"));
    check(untyped, "without a type", 415, "bad_request", "Content-Type: application/json").await;
    assert_eq!(server.store.series(&Selector::all()).await.unwrap(), []);
}

fn run(series: &str, timestamps_ms: &str, values: &str) -> String {
    format!(r#"{{"runs":[{{"series":"{series}","timestamps_ms":{timestamps_ms},"values":{values}}}]}}"#)
}

#[tokio::test]
async fn errors_of_the_store_have_their_status() {
    let path = || "data".to_owned();
    let text = || "because".to_owned();
    let cases = [
        (StoreError::Refused { reason: text() }, 400, "bad_request"),
        (StoreError::DiskFull { path: path() }, 507, "unavailable"),
        (StoreError::Locked { path: path(), owner: text() }, 503, "unavailable"),
        (StoreError::NotWritable { path: path(), reason: text() }, 503, "unavailable"),
        (StoreError::Unavailable { what: path(), reason: text() }, 503, "unavailable"),
        (StoreError::NewerVersion { path: path(), found: 2, supported: 1 }, 500, "internal"),
        (StoreError::Corrupt { what: path(), reason: text() }, 500, "internal"),
    ];
    let failing = Arc::new(FailingStore::default());
    let server = Server::start_over(Arc::clone(&failing) as Arc<dyn SeriesStore>, None, None).await;
    for (error, status, code) in cases {
        let message = error.to_string();
        failing.fail(error);
        check(server.request(Method::GET, "/api/v1/series"), &message, status, code, &message).await;
    }
}

#[tokio::test]
async fn a_remote_store_repeats_what_may_pass_and_reports_what_does_not() {
    let failing = Arc::new(FailingStore::default());
    let server = Server::start_over(Arc::clone(&failing) as Arc<dyn SeriesStore>, None, None).await;
    let remote = RemoteStore::new(&server.url, None).unwrap();
    failing.fail(StoreError::Unavailable { what: "once".to_owned(), reason: "busy".to_owned() });
    failing.fail(StoreError::Unavailable { what: "twice".to_owned(), reason: "busy".to_owned() });
    assert_eq!(remote.series(&Selector::all()).await.unwrap(), []);
    assert_eq!(failing.pending(), 0);

    failing.fail(StoreError::DiskFull { path: "data".to_owned() });
    let error = remote.append(one_sample(), None).await.unwrap_err();
    assert!(matches!(&error, StoreError::DiskFull { path } if path.contains(&server.url)), "{error}");
    failing.fail(StoreError::Refused { reason: "the value is not finite".to_owned() });
    let error = remote.append(one_sample(), None).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused { reason } if reason.contains("not finite")), "{error}");
    failing.fail(StoreError::Corrupt { what: "a segment".to_owned(), reason: "checksum".to_owned() });
    let error = remote.cursor("meters").await.unwrap_err();
    assert!(error.to_string().contains("a segment is damaged"), "{error}");
    assert_eq!(failing.pending(), 0);
}

fn one_sample() -> SampleBatch {
    let mut batch = SampleBatch::new();
    batch.push(&"power".parse().unwrap(), 1, 1.0);
    batch
}

async fn check(request: reqwest::RequestBuilder, case: &str, status: u16, code: &str, message: &str) {
    let response = request.send().await.unwrap();
    let found = response.status();
    assert_eq!(response.headers()["content-type"], "application/json", "{case}");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(found, StatusCode::from_u16(status).unwrap(), "{case}: {body}");
    assert_eq!(body["error"]["code"], code, "{case}: {body}");
    assert!(body["error"]["message"].as_str().unwrap().contains(message), "{case}: {body}");
}

/// An empty store that answers with the errors it was given, one a call, until there are none left.
#[derive(Default)]
struct FailingStore(Mutex<VecDeque<StoreError>>);

impl FailingStore {
    fn fail(&self, error: StoreError) {
        self.0.lock().unwrap().push_back(error);
    }

    fn pending(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn answer<T: Default + Send + 'static>(&self) -> BoxFuture<'_, Result<T, StoreError>> {
        let outcome = self.0.lock().unwrap().pop_front().map_or_else(|| Ok(T::default()), Err);
        Box::pin(async move { outcome })
    }
}

impl SeriesStore for FailingStore {
    fn append(&self, _: SampleBatch, _: Option<Position>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.answer()
    }

    fn cursor<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        self.answer()
    }

    fn series<'a>(&'a self, _: &'a Selector) -> BoxFuture<'a, Result<Vec<SeriesSummary>, StoreError>> {
        self.answer()
    }

    fn range<'a>(
        &'a self,
        _: &'a SeriesKey,
        _: TimeRange,
        _: Option<Bucket>,
    ) -> BoxFuture<'a, Result<Points, StoreError>> {
        self.answer()
    }

    fn latest<'a>(&'a self, _: &'a Selector) -> BoxFuture<'a, Result<Vec<(SeriesKey, Sample)>, StoreError>> {
        self.answer()
    }

    fn put_forecasts(&self, _: Vec<Forecast>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.answer()
    }

    fn forecasts(&self, _: ForecastQuery) -> BoxFuture<'_, Result<Vec<Forecast>, StoreError>> {
        self.answer()
    }
}
