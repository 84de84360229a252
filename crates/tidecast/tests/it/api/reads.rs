//! Every `GET` on data, with its answer.

use super::fixture::{HOUR_MS, NOW_MS, Server, forecast};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tidecast::runtime::live::{Accuracy, Board, Phase};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::SampleBatch;

const METER: &str = r#"power{device_id="meter_1"}"#;
const METER_ENCODED: &str = "power%7Bdevice_id%3D%22meter_1%22%7D";
const LAST_MS: i64 = NOW_MS - HOUR_MS / 2;

fn board(champion: &str) -> Board {
    board_of(METER, champion)
}

pub(super) fn board_of(series: &str, champion: &str) -> Board {
    Board {
        series: series.parse().unwrap(),
        champion: Some(ModelVersion { model: champion.to_owned(), version: 1 }),
        note: None,
        season: 24,
        step_ms: HOUR_MS,
        backtest: Some(Accuracy { mase: 0.7, mase_seasonal_naive: 0.9, coverage: Some(0.8), origins: 30 }),
        live: None,
        drift: None,
        challenger: None,
        candidates: Vec::new(),
    }
}

#[tokio::test]
async fn probes_follow_the_phase() {
    let server = Server::start().await;
    let cases = [
        (Phase::Starting, 503, "starting"),
        (Phase::Loading, 503, "loading"),
        (Phase::Fitting, 503, "fitting"),
        (Phase::Live, 200, "ready"),
        (Phase::Ended, 200, "ready"),
        (Phase::Failed, 503, "failed"),
    ];
    for (phase, code, text) in cases {
        server.live.update_status(|status| status.phase = phase);
        let ready = server.request(Method::GET, "/readyz").send().await.unwrap();
        assert_eq!(ready.status().as_u16(), code, "{phase:?}");
        assert_eq!(ready.text().await.unwrap(), text);
        let healthy = server.request(Method::GET, "/healthz").send().await.unwrap();
        assert_eq!((healthy.status(), healthy.text().await.unwrap().as_str()), (StatusCode::OK, "ok"));
    }
}

#[tokio::test]
async fn status_is_the_live_view() {
    let server = Server::start().await;
    server.live.update_status(|status| status.message = "Reading meters.csv".to_owned());
    let status = server.get("/api/v1/status").await;
    assert_eq!(status, serde_json::to_value(server.live.status()).unwrap());
    assert_eq!(status["message"], "Reading meters.csv");
    assert_eq!(status["now_ms"], NOW_MS);
    let head = server.request(Method::HEAD, "/api/v1/status").send().await.unwrap();
    assert_eq!((head.status(), head.text().await.unwrap().as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn series_and_latest_follow_the_selector() {
    let server = Server::start().await;
    server.append_hours(METER, 3).await;
    server.append_hours("load", 1).await;
    let meter = json!({"series": METER, "first_ms": LAST_MS - 2 * HOUR_MS, "last_ms": LAST_MS, "samples": 3});
    let load = json!({"series": "load", "first_ms": LAST_MS, "last_ms": LAST_MS, "samples": 1});
    let cases = [
        ("", json!([load, meter])),
        ("?selector=", json!([load, meter])),
        ("?selector=power", json!([meter])),
        ("?selector=%7Bdevice_id%3D~%22meter_.*%22%7D", json!([meter])),
        ("?selector=nothing", json!([])),
    ];
    for (query, expected) in cases {
        assert_eq!(server.get(&format!("/api/v1/series{query}")).await["series"], expected, "{query}");
    }
    let latest = server.get("/api/v1/latest?selector=power").await;
    assert_eq!(latest, json!({"samples": [{"series": METER, "timestamp_ms": LAST_MS, "value": 0.0}]}));
}

#[tokio::test]
async fn range_gives_samples_or_buckets() {
    let server = Server::start().await;
    server.append_hours(METER, 48).await;
    let first_ms = LAST_MS - 47 * HOUR_MS;
    // 48 hours that end at midnight: 01:00 to 23:00, a whole day, and the last midnight alone.
    let cases = [
        (String::new(), Value::Null, 48, first_ms, 1.0),
        (format!("&from={}&to={LAST_MS}", LAST_MS - 2 * HOUR_MS), Value::Null, 2, LAST_MS - 2 * HOUR_MS, 22.0),
        (format!("&from={LAST_MS}&to={LAST_MS}"), Value::Null, 0, 0, 0.0),
        ("&bucket=1d".to_owned(), json!(24 * HOUR_MS), 3, LAST_MS - 48 * HOUR_MS, 12.0),
        ("&bucket=1d&aggregate=max".to_owned(), json!(24 * HOUR_MS), 3, LAST_MS - 48 * HOUR_MS, 23.0),
        ("&bucket=1d&aggregate=min".to_owned(), json!(24 * HOUR_MS), 3, LAST_MS - 48 * HOUR_MS, 1.0),
        ("&bucket=1d&aggregate=last".to_owned(), json!(24 * HOUR_MS), 3, LAST_MS - 48 * HOUR_MS, 23.0),
        ("&points=48".to_owned(), Value::Null, 48, first_ms, 1.0),
        ("&points=47".to_owned(), json!(3 * HOUR_MS), 17, first_ms - HOUR_MS, 1.5),
        ("&points=5".to_owned(), json!(12 * HOUR_MS), 5, first_ms - HOUR_MS, 6.0),
        (format!("&points=3&to={}", first_ms + 3 * HOUR_MS), Value::Null, 3, first_ms, 1.0),
    ];
    for (query, bucket_ms, count, first_ms, first_value) in cases {
        let range = server.get(&format!("/api/v1/range?series={METER_ENCODED}{query}")).await;
        assert_eq!(range["series"], METER);
        assert_eq!(range["bucket_ms"], bucket_ms, "{query}");
        let (timestamps, values) = (range["timestamps_ms"].as_array().unwrap(), range["values"].as_array().unwrap());
        assert_eq!((timestamps.len(), values.len()), (count, count), "{query}");
        if count > 0 {
            assert_eq!((timestamps[0].as_i64(), values[0].as_f64()), (Some(first_ms), Some(first_value)), "{query}");
        }
    }
    let unknown = server.get("/api/v1/range?series=nothing&points=10").await;
    assert_eq!(unknown, json!({"series": "nothing", "bucket_ms": null, "timestamps_ms": [], "values": []}));
}

#[tokio::test]
async fn range_refuses_more_than_a_million_points() {
    let server = Server::start().await;
    let series = "load".parse().unwrap();
    for part in 0..3_i64 {
        let timestamps: Vec<i64> = (part * 400_000..(part + 1) * 400_000).map(|second| second * 1_000).collect();
        let mut batch = SampleBatch::new();
        batch.push_run(&series, &timestamps, &vec![1.0; timestamps.len()]);
        server.store.append(batch, None).await.unwrap();
    }
    for query in ["", "&bucket=1s", "&from=0&to=1000001000"] {
        let path = format!("/api/v1/range?series=load{query}");
        let response = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let error: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(error["error"]["code"], "payload_too_large");
        assert!(error["error"]["message"].as_str().unwrap().contains("`points`"), "{error}");
    }
    for (query, count) in [("&from=0&to=1000000000", 1_000_000), ("&bucket=5s", 240_000), ("&points=1000", 667)] {
        let range = server.get(&format!("/api/v1/range?series=load{query}")).await;
        assert_eq!(range["values"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn forecasts_are_bounded_by_origin_and_number() {
    let server = Server::start().await;
    let origins: Vec<i64> = (0..5).map(|index| LAST_MS - index * HOUR_MS).rev().collect();
    let stored = origins.iter().map(|&origin_ms| forecast(METER, "ridge", origin_ms)).collect();
    server.store.put_forecasts(stored).await.unwrap();
    let cases = [
        (String::new(), &origins[..]),
        ("&limit=2".to_owned(), &origins[3..]),
        (format!("&from={}&to={}", origins[1], origins[3]), &origins[1..3]),
    ];
    for (query, expected) in cases {
        let answer = server.get(&format!("/api/v1/forecasts?series={METER_ENCODED}{query}")).await;
        let found: Vec<i64> =
            answer["forecasts"].as_array().unwrap().iter().map(|f| f["origin_ms"].as_i64().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
    }
    let answer = server.get(&format!("/api/v1/forecasts?series={METER_ENCODED}&limit=1")).await;
    assert_eq!(answer["forecasts"][0], serde_json::to_value(forecast(METER, "ridge", LAST_MS)).unwrap());
}

#[tokio::test]
async fn models_are_the_boards() {
    let server = Server::start().await;
    server.live.put_board(board("ridge"));
    let expected = json!({"total": 1, "models": [serde_json::to_value(board("ridge")).unwrap()]});
    assert_eq!(server.get("/api/v1/models").await, expected);
    assert_eq!(server.get("/api/v1/models?selector=load").await, json!({"total": 0, "models": []}));
}

#[tokio::test]
async fn overview_joins_store_and_boards() {
    let server = Server::start().await;
    server.append_hours(METER, 400).await;
    server.append_hours("load", 1).await;
    server.live.put_board(board("ridge"));
    let stored = vec![
        forecast(METER, "ridge", LAST_MS - HOUR_MS),
        forecast(METER, "ridge", LAST_MS),
        forecast(METER, "seasonal_naive", LAST_MS),
    ];
    server.store.put_forecasts(stored).await.unwrap();
    let overview = server.get("/api/v1/overview").await;
    assert_eq!((&overview["total"], &overview["now_ms"]), (&json!(2), &json!(NOW_MS)));
    let [load, meter] = overview["series"].as_array().unwrap().as_slice() else { panic!("{overview}") };
    assert_eq!((&meter["series"], &meter["label"]), (&json!(METER), &json!("meter_1")));
    assert_eq!((&meter["step_ms"], &meter["samples"]), (&json!(HOUR_MS), &json!(400)));
    assert_eq!(meter["last"], json!({"timestamp_ms": LAST_MS, "value": 0.0}));
    let sparkline = meter["sparkline"]["timestamps_ms"].as_array().unwrap();
    assert_eq!((sparkline.len(), &sparkline[167]), (168, &json!(LAST_MS)));
    assert_eq!(meter["forecast"], serde_json::to_value(forecast(METER, "ridge", LAST_MS)).unwrap());
    assert_eq!(meter["next_day"], json!({"low": 24.0, "median": 48.0, "high": 72.0, "steps": 24}));
    assert_eq!(meter["board"], serde_json::to_value(board("ridge")).unwrap());
    for absent in ["step_ms", "forecast", "next_day", "board"] {
        assert_eq!(load[absent], Value::Null, "{absent}");
    }
    for (query, expected) in [
        ("?limit=1", json!(["load"])),
        ("?offset=1&limit=1", json!([METER])),
        ("?offset=2", json!([])),
        ("?selector=power", json!([METER])),
    ] {
        let page = server.get(&format!("/api/v1/overview{query}")).await;
        let found: Vec<Value> = page["series"].as_array().unwrap().iter().map(|row| row["series"].clone()).collect();
        assert_eq!(Value::from(found), expected, "{query}");
    }
}
