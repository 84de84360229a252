//! Stored forecasts held against what came, over HTTP.

use super::fixture::{HOUR_MS, NOW_MS, Server, forecast};
use serde_json::{Value, json};
use tidecast::runtime::live::{Board, Candidate, CandidateState};

const METER: &str = r#"power{device_id="meter_1"}"#;
const METER_ENCODED: &str = "power%7Bdevice_id%3D%22meter_1%22%7D";
const LAST_MS: i64 = NOW_MS - HOUR_MS / 2;

fn board(series: &str) -> Board {
    let candidate = |model: &str, state, mase| Candidate {
        model: model.to_owned(),
        version: Some(1),
        state,
        mase: Some(mase),
        coverage: Some(0.8),
        fitted_ms: Some(0),
        progress: None,
        reason: None,
    };
    Board {
        candidates: vec![
            candidate("ridge", CandidateState::Champion, 0.5),
            candidate("seasonal_naive", CandidateState::Challenger, 1.0),
        ],
        ..super::reads::board_of(series, "ridge")
    }
}

/// Ten days of hours that repeat, and a forecast of two days from every hour of the last five.
async fn server() -> Server {
    let server = Server::start().await;
    server.append_hours(METER, 240).await;
    let forecasts = (0..120).map(|back| forecast(METER, "ridge", LAST_MS - back * HOUR_MS)).collect();
    server.store.put_forecasts(forecasts).await.unwrap();
    server
}

#[tokio::test]
async fn every_value_meets_the_forecast_made_the_lead_time_before() {
    let server = server().await;
    for (lead, lead_ms) in [("", HOUR_MS), ("&lead=1h", HOUR_MS), ("&lead=1d", 24 * HOUR_MS)] {
        let from_ms = LAST_MS - 48 * HOUR_MS;
        let answer = server.get(&format!("/api/v1/verification?series={METER_ENCODED}{lead}&from={from_ms}")).await;
        assert_eq!(answer["lead_ms"], json!([lead_ms, lead_ms]), "{lead}");
        assert_eq!(answer["step_ms"], HOUR_MS);
        assert_eq!(answer["horizon_ms"], 48 * HOUR_MS);
        assert_eq!(answer["timestamps_ms"].as_array().unwrap().len(), 49);
        assert_eq!(answer["timestamps_ms"][0], from_ms);
        assert_eq!(answer["median"][0], 2.0);
        // The hour of the day came: 0 at midnight, where the range begins and ends.
        assert_eq!((&answer["actual"][0], &answer["actual"][5]), (&json!(0.0), &json!(5.0)));
        // Each value repeats that of the day before, so the naive forecast makes no error and gives no scale.
        assert_eq!(answer["periods"].as_array().unwrap().len(), 3);
        let inside = answer["periods"][0]["coverage"].as_f64().unwrap();
        assert!((inside - 3.0 / 24.0).abs() < 1e-12, "{inside}");
        assert_eq!(answer["overall"]["values"], 49);
        assert_eq!(answer["overall"]["mase"], Value::Null);
    }
}

#[tokio::test]
async fn nothing_to_verify_is_no_error() {
    let server = server().await;
    for query in
        ["series=nothing", &format!("series={METER_ENCODED}&lead=30d"), &format!("series={METER_ENCODED}&to=5")]
    {
        let answer = server.get(&format!("/api/v1/verification?{query}")).await;
        assert_eq!((&answer["timestamps_ms"], &answer["overall"]), (&json!([]), &Value::Null), "{query}");
    }
    let future = server.get(&format!("/api/v1/verification?series={METER_ENCODED}&to={}", NOW_MS + 24 * HOUR_MS)).await;
    assert_eq!(future["actual"].as_array().unwrap().last(), Some(&Value::Null));
    let response =
        server.request(reqwest::Method::GET, "/api/v1/verification?series=a&from=5&to=4").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
}

#[tokio::test]
async fn accuracy_of_all_is_by_day_and_bounded() {
    let server = server().await;
    for index in 0..100 {
        server.live.put_board(board(&format!("load{{n=\"{index}\"}}")));
    }
    let none = server.get("/api/v1/accuracy?selector=load").await;
    assert_eq!(none, json!({"series": 100, "series_measured": 40, "periods": []}));
    server.live.put_board(Board { season: 7, ..board(METER) });
    let answer = server.get("/api/v1/accuracy?selector=power").await;
    assert_eq!((&answer["series"], &answer["series_measured"]), (&json!(1), &json!(1)));
    let days = answer["periods"].as_array().unwrap();
    // Blocks are two days long: the first that begins after the first forecast is the first that counts.
    assert_eq!(days.len(), 4, "{answer}");
    assert!(days.iter().all(|day| day["mase"].is_number() && day["mase_seasonal_naive"].is_number()), "{answer}");
}

#[tokio::test]
async fn the_leaderboard_counts_across_series() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/leaderboard").await, json!({"series": 0, "models": []}));
    for index in 0..3 {
        server.live.put_board(board(&format!("load{{n=\"{index}\"}}")));
    }
    let answer = server.get("/api/v1/leaderboard?selector=load").await;
    assert_eq!(answer["series"], 3);
    let [first, second] = [0, 1].map(|index| &answer["models"][index]);
    assert_eq!((&first["model"], &first["champion"], &first["mase_mean"]), (&json!("ridge"), &json!(3), &json!(0.5)));
    assert_eq!((&second["model"], &second["challenger"]), (&json!("seasonal_naive"), &json!(3)));
    let page = server.get("/api/v1/models?offset=1&limit=1").await;
    assert_eq!((&page["total"], page["models"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(page["models"][0]["series"], "load{n=\"1\"}");
}
