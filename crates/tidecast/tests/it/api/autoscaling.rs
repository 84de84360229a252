//! The autoscaling of a workload over HTTP: nothing, a replay in preparation, and one that is shown.

use super::fixture::Server;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use tidecast::runtime::rehearsal::Playback;
use tidecast_autoscale::simulation::{ReplaySettings, replay};
use tidecast_autoscale::trace::Trace;

const PATH: &str = "/api/v1/autoscaling";
const STEP_MS: i64 = 300_000;

/// Four days of a demand that comes and goes with the day.
fn trace() -> Trace {
    let values = (0..4 * 288).map(|step| 60.0 - 40.0 * (f64::from(step) * std::f64::consts::TAU / 288.0).cos());
    Trace { start_ms: 0, step_ms: STEP_MS, values: values.collect(), notes: Vec::new() }
}

#[tokio::test]
async fn says_how_to_see_some_where_there_is_none() {
    let server = Server::start().await;
    let response = server.request(Method::GET, PATH).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "not_found");
    assert!(body["error"]["message"].as_str().unwrap().contains("tidecast demo autoscale"), "{body}");
    server.stop().await;
}

#[tokio::test]
async fn tells_how_far_the_preparation_is() {
    let server = Server::start().await;
    server.rehearsal.prepare("shop", 0.25);
    let body = server.get(PATH).await;
    assert_eq!((body["workload"].as_str(), body["replay"]["state"].as_str()), (Some("shop"), Some("preparing")));
    assert_eq!(body["replay"]["progress"], 0.25);
    assert!(body["report"].is_null() && body["timeline"].is_null() && body["replay"]["now_ms"].is_null());
    server.stop().await;
}

#[tokio::test]
async fn shows_what_is_known_by_now_and_the_whole_report() {
    let server = Server::start().await;
    let settings = ReplaySettings { name: "shop".to_owned(), ..ReplaySettings::default() };
    let replay = replay(&trace(), &settings, &mut |_| {}).unwrap();
    let contenders = replay.report.contenders.len();
    // It began to be shown at the beginning of 1970, and so has ended long ago.
    server.rehearsal.play(Arc::new(Playback { workload: "shop".to_owned(), replay, started_ms: 0, speed: 60.0 }));

    let body = server.get(PATH).await;
    assert_eq!(body["replay"]["state"], "ended");
    assert_eq!(body["replay"]["now_ms"], body["replay"]["to_ms"]);
    let times = |body: &Value| body["timeline"]["times_ms"].as_array().unwrap().len();
    assert_eq!(times(&body), 6 * 12);
    assert_eq!(body["timeline"]["demand"].as_array().unwrap().len(), 6 * 12);
    assert_eq!(body["report"]["contenders"].as_array().unwrap().len(), contenders);
    assert!(!body["report"]["pareto"].as_array().unwrap().is_empty());

    // At the end the running figures are the scores.
    let ours = |list: &Value| list.as_array().unwrap().iter().find(|one| one["name"] == "ours").unwrap().clone();
    let (now, scored) = (ours(&body["contenders"]), ours(&body["report"]["contenders"]));
    assert_eq!(now["scale_events"], scored["scale_events"]);
    for figure in ["cost_replica_minutes", "violation_share"] {
        let (now, scored) = (now[figure].as_f64().unwrap(), scored[figure].as_f64().unwrap());
        assert!((now - scored).abs() <= 1e-6 * scored.abs().max(1e-3), "{figure}: {now} {scored}");
    }
    let decisions = body["decisions"].as_array().unwrap();
    assert!(!decisions.is_empty() && decisions.len() <= 100);
    assert!(decisions.windows(2).all(|pair| pair[0]["time_ms"].as_i64() >= pair[1]["time_ms"].as_i64()));
    assert!(decisions.iter().all(|decision| !decision["reason"].as_str().unwrap().is_empty()));

    assert_eq!(times(&server.get(&format!("{PATH}?window=1h")).await), 12);
    assert_eq!(times(&server.get(&format!("{PATH}?window=all")).await), 2 * 288);
    for window in ["yesterday", "0h", ""] {
        let path = format!("{PATH}?window={window}");
        let response = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    server.stop().await;
}
