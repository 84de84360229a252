//! Who may call the API: whoever has the token, or, on loopback without one, whoever is on this machine.
//!
//! A browser on this machine runs pages of strangers, and those can send requests to loopback as well. Two checks
//! keep them out: a page that had its own name resolved to 127.0.0.1 (DNS rebinding) shows that name as the host, and
//! a page of another site that posts is named by the browser in `Origin` and `Sec-Fetch-Site`.

use super::context::Context;
use super::error::ApiError;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use tidecast_connect::http::wire::ErrorCode;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets requests pass that carry the token, or all where none is set.
pub(super) async fn require_token(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(token) = &context.state.token {
        let message = match bearer(request.headers()) {
            Some(given) if token.matches(given) => return Ok(next.run(request).await),
            Some(_) => "the token is wrong; use the one the server was started with",
            None => "this server wants a token; send it as Authorization: Bearer TOKEN",
        };
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized, message.to_owned()));
    }
    Ok(next.run(request).await)
}

/// Refuses requests that change something and were sent by a page of another origin.
pub(super) async fn refuse_cross_origin_writes(request: Request, next: Next) -> Result<Response, ApiError> {
    if !request.method().is_safe() && is_cross_origin(request.headers()) {
        let message = "pages of another origin may not write here; call the API from a program".to_owned();
        return Err(ApiError::new(StatusCode::FORBIDDEN, ErrorCode::Unauthorized, message));
    }
    Ok(next.run(request).await)
}

/// Refuses requests for a host that is not this machine by name or by address.
pub(super) async fn refuse_foreign_hosts(request: Request, next: Next) -> Result<Response, ApiError> {
    let host = text(request.headers(), &header::HOST);
    if host.is_none_or(|host| !is_local_host(host)) {
        let message = "without a token this server answers only as localhost or by its IP address; \
                       start it with a token to use another name";
        return Err(ApiError::new(StatusCode::FORBIDDEN, ErrorCode::Unauthorized, message.to_owned()));
    }
    Ok(next.run(request).await)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn is_cross_origin(headers: &HeaderMap) -> bool {
    // Programs send neither header; every current browser sends both with a write.
    let foreign_site = text(headers, &FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let foreign_origin = text(headers, &header::ORIGIN).is_some_and(|origin| {
        let sender = origin.split_once("://").map(|(_, authority)| authority);
        sender.is_none() || sender != text(headers, &header::HOST)
    });
    foreign_site || foreign_origin
}

fn is_local_host(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        let cases = [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("192.168.1.7", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:8080", false),
            ("user@localhost", true),
            ("", false),
        ];
        for (host, expected) in cases {
            assert_eq!(is_local_host(host), expected, "{host}");
        }
    }

    #[test]
    fn only_pages_of_the_same_origin_write() {
        let cases = [
            (None, None, false),
            (Some("http://127.0.0.1:8080"), Some("same-origin"), false),
            (Some("http://127.0.0.1:8080"), None, false),
            (None, Some("none"), false),
            (Some("http://127.0.0.1:3000"), Some("same-site"), true),
            (Some("http://evil.example"), None, true),
            (Some("null"), None, true),
            (None, Some("cross-site"), true),
        ];
        for (origin, site, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert(FETCH_SITE, site.parse().unwrap());
            }
            assert_eq!(is_cross_origin(&headers), expected, "{origin:?} {site:?}");
        }
    }
}
