//! The OpenAPI document: as committed, and as the server really answers.

use super::fixture::Server;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tidecast::api::openapi_json;

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == openapi_json(), "docs/openapi.json is out of date; run `cargo xtask generate`");
}

#[tokio::test]
async fn every_documented_route_is_there() {
    let server = Server::start().await;
    server.rehearsal.prepare("shop", 0.0);
    let document = server.get("/api/openapi.json").await;
    assert_eq!(document, serde_json::from_str::<Value>(&openapi_json()).unwrap());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{name}", "antennas");
            let status = server.request(method, &path).send().await.unwrap().status();
            let missing = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
            assert!(!missing, "{route}: {status}");
            assert!(operation["summary"].is_string(), "{route} has no summary");
            routes.push(route);
        }
    }
    let contract = [
        "GET /api/v1/accuracy",
        "GET /api/v1/autoscaling",
        "GET /api/v1/cursor",
        "GET /api/v1/events",
        "GET /api/v1/forecasts",
        "POST /api/v1/forecasts",
        "GET /api/v1/latest",
        "GET /api/v1/leaderboard",
        "GET /api/v1/models",
        "POST /api/v1/models/gc",
        "POST /api/v1/models/promote",
        "POST /api/v1/models/rollback",
        "GET /api/v1/models/versions",
        "GET /api/v1/network",
        "GET /api/v1/overview",
        "GET /api/v1/range",
        "POST /api/v1/samples",
        "GET /api/v1/series",
        "POST /api/v1/sources/{name}/records",
        "GET /api/v1/status",
        "GET /api/v1/verification",
        "GET /healthz",
        "GET /metrics",
        "GET /readyz",
    ];
    assert_eq!(routes, contract);
}

#[test]
fn every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let found = document.pointer(reference.trim_start_matches('#'));
        assert!(found.is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| collect(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
