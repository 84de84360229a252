//! Who may call: tokens, and browsers that run pages of strangers.

use super::fixture::Server;
use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn with_a_token_every_api_path_wants_it() {
    let server = Server::start_with(Some("open-sesame")).await;
    let cases = [
        ("/api/v1/status", None, 401),
        ("/api/v1/status", Some("Bearer wrong"), 401),
        ("/api/v1/status", Some("Basic open-sesame"), 401),
        ("/api/v1/status", Some("Bearer open-sesame"), 200),
        ("/api/v1/status", Some("bearer open-sesame"), 200),
        ("/api/v1/events", None, 401),
        ("/api/openapi.json", None, 401),
        ("/api/openapi.json", Some("Bearer open-sesame"), 200),
        ("/api/v1/nothing", None, 401),
        ("/api/v1/nothing", Some("Bearer open-sesame"), 404),
        ("/api", None, 401),
        ("/healthz", None, 200),
        ("/readyz", None, 503),
        ("/ui/", None, 200),
        ("/", None, 307),
    ];
    for (path, authorization, status) in cases {
        let mut request = server.request(Method::GET, path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path} {authorization:?}");
        let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap());
        assert_eq!(challenge, (status == 401).then_some("Bearer"), "{path} {authorization:?}");
        if status == 401 {
            let text = response.text().await.unwrap();
            assert!(text.contains(r#""code":"unauthorized""#) && !text.contains("sesame"), "{text}");
        }
    }
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_answered() {
    let open = Server::start().await;
    let guarded = Server::start_with(Some("open-sesame")).await;
    let cases = [("localhost", 200), ("127.0.0.1:8080", 200), ("[::1]", 200), ("evil.example", 403)];
    for (host, status) in cases {
        let ask = |server: &Server, path: &str| {
            let request = server.request(Method::GET, path).header(HOST, host);
            request.header("authorization", "Bearer open-sesame").send()
        };
        assert_eq!(ask(&open, "/api/v1/status").await.unwrap().status().as_u16(), status, "{host}");
        assert_eq!(ask(&open, "/ui/").await.unwrap().status().as_u16(), status, "{host}");
        // Who knows the token may call the server by any name.
        assert_eq!(ask(&guarded, "/api/v1/status").await.unwrap().status(), StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_do_not_write() {
    let server = Server::start().await;
    let cases = [
        (None, None, 200),
        (Some(server.url.as_str()), Some("same-origin"), 200),
        (Some("http://127.0.0.1:1"), Some("same-site"), 403),
        (Some("https://evil.example"), None, 403),
        (None, Some("cross-site"), 403),
        (Some("null"), None, 403),
    ];
    for (origin, site, status) in cases {
        let mut request = server.post("/api/v1/samples", r#"{"runs":[]}"#);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{origin:?} {site:?}");
    }
}
