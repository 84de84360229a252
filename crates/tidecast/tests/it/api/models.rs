//! The registry over HTTP: what it lists, and what it does when asked.

use super::fixture::{HOUR_MS, NOW_MS, Server};
use serde_json::{Value, json};
use std::sync::atomic::AtomicBool;
use tidecast_core::series::{RegularSeries, SeriesKey, TimeRange};
use tidecast_forecast::models::{Control, FitSettings, seasonal_naive::SeasonalNaive};
use tidecast_forecast::registry::{Description, Registry};
use tidecast_forecast::training::{self, Trained};

const METER: &str = r#"power{device_id="meter_1"}"#;

/// Publishes a version, and promotes it if asked.
fn publish(registry: &Registry, promoted: bool) {
    let settings = FitSettings { horizon: 24, ..FitSettings::default() };
    let values = (0..500).map(|hour: i32| f64::from(hour % 24) + f64::from(hour * 7_919 % 13) / 7.0).collect();
    let history = RegularSeries { start_ms: 0, step_ms: HOUR_MS, values };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let trained = training::train(&SeasonalNaive, &[history], &settings, &control).pop().unwrap();
    let Trained { forecaster, score, note } = trained.unwrap();
    let description = Description {
        fitted_at_ms: NOW_MS,
        data: TimeRange::new(0, 499 * HOUR_MS),
        step_ms: HOUR_MS,
        settings,
        score,
        note,
    };
    let series: SeriesKey = METER.parse().unwrap();
    let version = registry.publish(&series, forecaster.as_ref(), description).unwrap().version;
    if promoted {
        registry.promote(&series, &version, NOW_MS, "a test").unwrap();
    }
}

async fn post(server: &Server, verb: &str, body: Value) -> (u16, Value) {
    let response = server.post(&format!("/api/v1/models/{verb}"), body.to_string()).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn versions_have_their_names_and_history() {
    let server = Server::start().await;
    for promoted in [true, true, false] {
        publish(&server.registry, promoted);
    }
    let answer = server.get("/api/v1/models/versions?selector=power").await;
    let series = &answer["series"][0];
    let version = |number: u32| json!({"model": "seasonal_naive", "version": number});
    assert_eq!(series["series"], METER);
    assert_eq!(
        [&series["champion"], &series["challenger"], &series["previous"]],
        [&version(2), &version(3), &version(1)]
    );
    let aliases: Vec<&Value> = series["versions"].as_array().unwrap().iter().map(|row| &row["alias"]).collect();
    assert_eq!(aliases, ["previous", "champion", "challenger"]);
    let first = &series["versions"][0];
    assert_eq!(first["data"], json!({"from_ms": 0, "to_ms": 499 * HOUR_MS}));
    assert_eq!(first["settings"], json!({"horizon": 24, "season": null, "tuned": {}}));
    assert!(first["score"]["mase"].is_f64() && first["artifact_bytes"].as_u64().unwrap() > 0, "{first}");
    let promoted = json!({"model": "seasonal_naive", "version": 1, "at_ms": NOW_MS, "reason": "a test"});
    assert_eq!(series["promotions"][0], promoted);
    assert_eq!(server.get("/api/v1/models/versions?selector=load").await, json!({"series": []}));
}

#[tokio::test]
async fn orders_are_obeyed_once_and_told_to_the_jobs() {
    let server = Server::start().await;
    let mut promotions = server.live.subscribe_promotions();
    for promoted in [true, true, false] {
        publish(&server.registry, promoted);
    }
    let version = |number: u32| json!({"model": "seasonal_naive", "version": number});
    let order = json!({"series": METER, "version": "challenger"});
    let changed = json!({"series": METER, "from": version(2), "to": version(3)});
    assert_eq!(post(&server, "promote", order).await, (200, changed));
    assert_eq!(promotions.recv().await.unwrap().to_string(), METER);
    let order = json!({"series": METER, "from": "seasonal_naive/3", "reason": "worse"});
    let changed = json!({"series": METER, "from": version(3), "to": version(2)});
    assert_eq!(post(&server, "rollback", order.clone()).await, (200, changed));
    let (status, error) = post(&server, "rollback", order).await;
    assert_eq!(status, 409, "{error}");
    let collected = post(&server, "gc", json!({"keep": 1})).await;
    assert_eq!((collected.0, &collected.1["removed"]), (200, &json!([])), "all three have a name");

    let cases = [
        ("promote", json!({"series": METER, "version": "ridge/1"}), 404, "versions there are"),
        ("promote", json!({"series": METER, "version": "newest"}), 400, "ridge/3, or challenger"),
        ("promote", json!({"series": "power{", "version": "ridge/1"}), 400, "series"),
        ("rollback", json!({"series": "load"}), 404, "no champion"),
        ("gc", json!({"keep": 0}), 400, "at least 1"),
        ("gc", json!({"kep": 1}), 400, "kep"),
    ];
    for (verb, order, expected, message) in cases {
        let (status, error) = post(&server, verb, order).await;
        let text = error["error"]["message"].as_str().unwrap();
        assert!(status == expected && text.contains(message), "{verb}: {status} {text}");
    }
}

#[tokio::test]
async fn changes_want_the_token() {
    let server = Server::start_with(Some("open-sesame")).await;
    publish(&server.registry, true);
    for verb in ["promote", "rollback", "gc"] {
        assert_eq!(post(&server, verb, json!({})).await.0, 401, "{verb}");
    }
}
