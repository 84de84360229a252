//! The console: a web page whose built files are part of the binary.

use super::error::{ApiError, not_found};
use axum::extract::{OriginalUri, Path};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::fmt::Write;

const INDEX: &str = "index.html";

#[derive(RustEmbed)]
#[folder = "../../console/dist/"]
struct Dist;

/// Where a person who types only the address wants to go.
pub(super) async fn to_console() -> Redirect {
    Redirect::temporary("/ui/")
}

/// The page.
pub(super) async fn index(uri: OriginalUri, headers: HeaderMap) -> Result<Response, ApiError> {
    file(Path(INDEX.to_owned()), uri, headers).await
}

/// A file of the console. A path that names no file, such as a bookmark of a series' page, gives the page as well.
pub(super) async fn file(Path(path): Path<String>, uri: OriginalUri, headers: HeaderMap) -> Result<Response, ApiError> {
    let names_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match Dist::get(&path) {
        Some(found) => Ok(answer(&path, &found, &headers)),
        None if names_file => Err(not_found(uri).await),
        None => match Dist::get(INDEX) {
            Some(found) => Ok(answer(INDEX, &found, &headers)),
            None => Err(not_found(uri).await),
        },
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = tag(file);
    // File names do not change between builds: browsers keep the files and ask each time whether they still hold.
    let cache = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache")];
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known == "*" || known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, [(CONTENT_TYPE, content_type(path))], file.data.to_vec()).into_response()
}

fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in &hash[..16] {
        // Writing to a text cannot fail.
        let _written = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map" | "webmanifest") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
