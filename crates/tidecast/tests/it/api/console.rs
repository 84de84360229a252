//! The console inside the binary.

use super::fixture::Server;
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn files_have_types_and_paths_without_a_file_give_the_page() {
    let server = Server::start().await;
    let html = "text/html; charset=utf-8";
    let cases = [
        ("/ui/", html),
        ("/ui/index.html", html),
        ("/ui/models", html),
        ("/ui/series/meter_1", html),
        ("/ui/assets/console.js", "text/javascript; charset=utf-8"),
        ("/ui/assets/console.css", "text/css; charset=utf-8"),
    ];
    for (path, content_type) in cases {
        for method in [Method::GET, Method::HEAD] {
            let response = server.request(method.clone(), path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{method} {path}");
            let headers = response.headers();
            assert_eq!(headers["content-type"], content_type, "{path}");
            assert_eq!(headers["cache-control"], "no-cache", "{path}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
            let empty = response.bytes().await.unwrap().is_empty();
            assert_eq!(empty, method == Method::HEAD, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_address_alone_leads_there() {
    let server = Server::start().await;
    for path in ["/", "/ui"] {
        let response = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(response.headers()["location"], "/ui/");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = Server::start().await;
    let path = "/ui/assets/console.js";
    let tag = server.request(Method::GET, path).send().await.unwrap().headers()["etag"].clone();
    for (known, status) in [(tag.to_str().unwrap(), 304), ("\"other\"", 200)] {
        let response = server.request(Method::GET, path).header("if-none-match", known).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{known}");
        assert_eq!(response.headers()["etag"], tag);
    }
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept() {
    let server = Server::start().await;
    let response = server.request(Method::GET, "/api/v1/status").send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(response.headers()["server"].to_str().unwrap().starts_with("tidecast/"));
}
