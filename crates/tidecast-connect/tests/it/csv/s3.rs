//! The CSV source over a real S3 server.

use super::s3_server::{BUCKET, S3Server};
use super::{Drained, drain, drain_text, gzip, minutes};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidecast_connect::files::{CsvOptions, CsvSource, S3Access};
use tidecast_core::ports::{Source, SourceError};

async fn put(server: &S3Server, key: &str, bytes: impl Into<Vec<u8>>) {
    server.client().put(&Path::parse(key).unwrap(), bytes.into().into()).await.unwrap();
}

async fn open(access: &S3Access, key: &str, cursor: Option<&str>) -> Result<CsvSource, SourceError> {
    CsvSource::open_with_access(&format!("s3://{BUCKET}/{key}"), CsvOptions::default(), cursor, access).await
}

async fn read(access: &S3Access, key: &str, cursor: Option<&str>) -> Drained {
    drain(open(access, key, cursor).await.unwrap()).await
}

/// Enough rows for several ranges of 4 MiB.
const ROWS: usize = 400_000;

#[tokio::test(flavor = "multi_thread")]
async fn reads_goes_on_and_reads_once() {
    let Some(server) = S3Server::running().await else { return };
    let text = minutes(ROWS);
    put(&server, "a/plain.csv", text.clone()).await;
    put(&server, "a/compressed", gzip(text.as_bytes())).await;
    let whole = drain_text(text, CsvOptions::default()).await.rows;
    for key in ["a/plain.csv", "a/compressed"] {
        let all = read(&server.access, key, None).await;
        assert!(all.error.is_none(), "{:?}", all.error);
        assert!(all.rows == whole, "{key}");
        assert_eq!(read(&server.access, key, all.position.as_ref().map(|p| p.cursor.as_str())).await.batches, 0);

        let mut source = open(&server.access, key, None).await.unwrap();
        let first = source.next_batch().await.unwrap().unwrap();
        drop(source);
        let rest = read(&server.access, key, Some(&first.position.cursor)).await;
        assert_eq!(first.samples.len() + rest.rows.len(), whole.len(), "{key}");
    }
    put(&server, "ö/a b+c (1).csv", minutes(2)).await;
    assert_eq!(read(&server.access, "ö/a b+c (1).csv", None).await.rows.len(), 6);
    put(&server, "a/plain.csv", minutes(2)).await;
    let cursor = read(&server.access, "a/plain.csv", None).await.position.unwrap().cursor;
    put(&server, "a/plain.csv", minutes(3)).await;
    assert_eq!(read(&server.access, "a/plain.csv", Some(&cursor)).await.rows.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_to_do_and_keep_secrets() {
    let Some(server) = S3Server::running().await else { return };
    put(&server, "refused.csv", minutes(5)).await;
    let wrong = S3Access { secret_access_key: Some("not-the-secret".into()), ..server.access.clone() };
    let none = S3Access { secret_access_key: None, ..server.access.clone() };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = |url: &str| S3Access { endpoint_url: Some(url.to_owned()), ..server.access.clone() };
    let broken = S3Access { access_key_id: Some("two\nlines".into()), ..server.access.clone() };
    let bucket = async |name: &str| {
        let location = format!("s3://{name}/refused.csv");
        CsvSource::open_with_access(&location, CsvOptions::default(), None, &server.access).await
    };
    let cases = [
        (open(&wrong, "refused.csv", None).await, "access is denied; check AWS_ACCESS_KEY_ID"),
        (open(&none, "refused.csv", None).await, "no credentials; set AWS_ACCESS_KEY_ID"),
        (open(&endpoint(&format!("http://127.0.0.1:{port}")), "refused.csv", None).await, "Connection refused"),
        (open(&endpoint("nowhere"), "refused.csv", None).await, "AWS_ENDPOINT_URL is no URL"),
        (open(&endpoint("ftp://nowhere"), "refused.csv", None).await, "AWS_ENDPOINT_URL is no URL"),
        (open(&endpoint("http://no where"), "refused.csv", None).await, "AWS_ENDPOINT_URL holds a space"),
        (open(&broken, "refused.csv", None).await, "AWS_ACCESS_KEY_ID holds a space, a line end"),
        (open(&server.access, "absent.csv", None).await, "absent.csv was not found; check the path, or the bucket"),
        (bucket("tidecast-absent").await, "was not found"),
    ];
    for (opened, expected) in cases {
        let error = opened.map(|_| ()).unwrap_err();
        let message = format!("{error} {error:?} {wrong:?}");
        assert!(message.contains(expected), "`{expected}` is not in: {message}");
        assert!(!message.contains("not-the-secret"), "{message}");
        assert!(!message.contains(server.access.secret_access_key.as_deref().unwrap()), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_costs_one_range() {
    let Some(server) = S3Server::running().await else { return };
    let text = minutes(ROWS);
    put(&server, "broken.csv", text.clone()).await;
    let proxy = CuttingProxy::start(server.access.endpoint_url.as_deref().unwrap(), 3);
    let access = S3Access { endpoint_url: Some(proxy.endpoint.clone()), ..server.access.clone() };
    let drained = read(&access, "broken.csv", None).await;
    assert!(drained.error.is_none(), "{:?}", drained.error);
    assert!(drained.rows == drain_text(text, CsvOptions::default()).await.rows);
    assert_eq!(proxy.cuts_left.load(Ordering::SeqCst), 0, "the proxy has cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_ends_the_source() {
    let Some(server) = S3Server::running().await else { return };
    put(&server, "away.csv", minutes(ROWS)).await;
    let proxy = CuttingProxy::start(server.access.endpoint_url.as_deref().unwrap(), usize::MAX);
    let access = S3Access { endpoint_url: Some(proxy.endpoint.clone()), ..server.access.clone() };
    let opened = open(&access, "away.csv", None).await;
    let error = match opened {
        Ok(source) => drain(source).await.error.unwrap(),
        Err(error) => error,
    };
    assert!(error.to_string().contains("the server cannot be reached or fails"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_replaced_while_it_is_read_is_not_mixed() {
    let Some(server) = S3Server::running().await else { return };
    put(&server, "replaced.csv", minutes(10 * ROWS)).await;
    let mut source = open(&server.access, "replaced.csv", None).await.unwrap();
    source.next_batch().await.unwrap();
    put(&server, "replaced.csv", minutes(10 * ROWS).replace("time", "TIME")).await;
    let error = drain(source).await.error.unwrap();
    assert!(error.to_string().contains("replaced while it was read"), "{error}");
}

/// Passes connections on to a server, and cuts the first answers that get longer than a megabyte.
struct CuttingProxy {
    endpoint: String,
    cuts_left: Arc<AtomicUsize>,
}

impl CuttingProxy {
    const CUT_AFTER_BYTES: usize = 1 << 20;

    fn start(server: &str, cuts: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let cuts_left = Arc::new(AtomicUsize::new(cuts));
        let left = cuts_left.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let upstream = TcpStream::connect(&server).unwrap();
                let (requests, answers) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                std::thread::spawn(move || pump(requests, upstream, None));
                let left = left.clone();
                std::thread::spawn(move || pump(answers, client, Some(&left)));
            }
        });
        Self { endpoint, cuts_left }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, cuts: Option<&AtomicUsize>) {
    let mut buffer = vec![0; 64 << 10];
    let mut passed = 0;
    while let Ok(count) = from.read(&mut buffer) {
        passed += count;
        let cut = passed > CuttingProxy::CUT_AFTER_BYTES
            && cuts.is_some_and(|left| {
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
            });
        if count == 0 || cut || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
