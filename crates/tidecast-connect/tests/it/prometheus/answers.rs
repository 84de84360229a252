//! Answers that are late, wrong, or none.

use super::MINUTE_MS;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidecast_connect::http::Token;
use tidecast_connect::prometheus::{
    Prometheus, PrometheusAddress, PrometheusCredentials, PrometheusError, PrometheusOptions, RangeSeries,
};
use tidecast_core::duration::DurationMs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What a server was sent: each request from its first line to the end of its body.
type Requests = Arc<Mutex<Vec<String>>>;

fn answer(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn json(status: &str, body: &str) -> String {
    answer(status, "application/json", body)
}

fn matrix(series: &str) -> String {
    json("200 OK", &format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#))
}

/// Gives each request the next answer, and then the last one again and again. An empty one closes the connection.
async fn serve(listener: TcpListener, answers: Vec<String>, requests: Requests) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let length = loop {
            request.push(stream.read_u8().await.unwrap());
            if request.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8(request.clone()).unwrap().to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
                break length.unwrap().parse::<usize>().unwrap();
            }
        };
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        request.append(&mut body);
        let served = {
            let mut requests = requests.lock().unwrap();
            requests.push(String::from_utf8(request).unwrap());
            requests.len() - 1
        };
        let _ = stream.write_all(answers[served.min(answers.len() - 1)].as_bytes()).await;
    }
}

struct Asked {
    outcome: Result<RangeSeries, PrometheusError>,
    requests: Vec<String>,
}

/// Asks a server that gives these answers for minutes 1 to 4.
async fn ask(answers: &[String]) -> Asked {
    ask_for(answers, None, 4 * MINUTE_MS).await
}

async fn ask_for(answers: &[String], credentials: Option<PrometheusCredentials>, to_ms: i64) -> Asked {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = PrometheusAddress::parse(&format!("prometheus://{}/prom", listener.local_addr().unwrap())).unwrap();
    let requests = Requests::default();
    tokio::spawn(serve(listener, answers.to_vec(), requests.clone()));
    let client = Prometheus::new(PrometheusOptions { credentials, ..PrometheusOptions::new(address) }).unwrap();
    let outcome = client.query_range("rate(a[1m]) + 1", MINUTE_MS, to_ms, DurationMs::MINUTE).await;
    Asked { outcome, requests: requests.lock().unwrap().clone() }
}

fn values(range: &RangeSeries) -> Vec<Option<f64>> {
    range.series.values.iter().map(|&value| Some(value).filter(|value| !value.is_nan())).collect()
}

#[tokio::test]
async fn a_request_is_a_form() {
    let token = PrometheusCredentials::token(Token::new("s3cret").unwrap());
    let asked = ask_for(&[matrix(r#"{"metric":{},"values":[[60,"1"]]}"#)], Some(token), 4 * MINUTE_MS).await;
    asked.outcome.unwrap();
    let (head, body) = asked.requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /prom/api/v1/query_range HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("content-type: application/x-www-form-urlencoded")
            && head.contains("authorization: bearer s3cret")
    );
    assert_eq!(body, "query=rate%28a%5B1m%5D%29+%2B+1&start=60.000&end=240.000&step=60.000&timeout=150s");
}

#[tokio::test]
async fn values_that_are_none_are_missing() {
    let series = r#"{"metric":{"__name__":"a"},"values":[[60,"NaN"],[120.0004,"2.5"],[180,"+Inf"],[240,"1e3"]]}"#;
    let range = ask(&[matrix(series)]).await.outcome.unwrap();
    assert_eq!((range.series.start_ms, values(&range)), (2 * MINUTE_MS, vec![Some(2.5), None, Some(1e3)]));
    // What lies outside the range was not asked for.
    let series = r#"{"metric":{},"values":[[-1e300,"7"],[0,"7"],[60,"1"],[1e300,"7"]]}"#;
    assert_eq!(values(&ask(&[matrix(series)]).await.outcome.unwrap()), [Some(1.0)]);
}

#[tokio::test]
async fn parts_are_joined_and_a_gap_may_be_a_whole_part() {
    let part = |minute: i64| matrix(&format!(r#"{{"metric":{{"job":"a"}},"values":[[{},"1"]]}}"#, minute * 60));
    let asked = ask_for(&[part(1), matrix(""), part(25_000)], None, 25_000 * MINUTE_MS).await;
    let range = asked.outcome.unwrap();
    assert_eq!((range.series.len(), range.series.missing(), asked.requests.len()), (25_000, 24_998, 3));
    let other = part(25_000).replace(r#""job":"a""#, r#""job":"b""#);
    let error = ask_for(&[part(1), matrix(""), other], None, 25_000 * MINUTE_MS).await.outcome.unwrap_err().to_string();
    assert!(error.contains(r#"returned 2 series where one is needed: {job="a"}, {job="b"}; join"#), "{error}");
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let good = matrix(r#"{"metric":{},"values":[[60,"1"]]}"#);
    let bad = [
        json("503 Service Unavailable", r#"{"status":"error","errorType":"unavailable","error":"starting"}"#),
        answer("503 Service Unavailable", "text/plain", "Service Unavailable"),
        answer("502 Bad Gateway", "text/html", "<html>no upstream</html>"),
        answer("429 Too Many Requests\r\nretry-after: 0", "text/plain", "slow down"),
        // The connection ends without an answer, in the middle of one, or the answer has lost its end.
        String::new(),
        good.replace("content-length: ", "content-length: 1"),
        json("200 OK", r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"valu"#),
    ];
    for bad in bad {
        let asked = ask(&[bad.clone(), good.clone()]).await;
        assert_eq!(asked.outcome.map(|range| range.series.values), Ok(vec![1.0]), "{bad}");
        assert_eq!(asked.requests.len(), 2, "{bad}");
        assert_eq!(asked.requests[0], asked.requests[1]);
    }
}

/// The error of an answer that comes again and again, and how often it was asked for.
#[track_caller]
fn check(asked: Asked, requests: usize, words: &[&str]) {
    let error = asked.outcome.unwrap_err().to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    assert_eq!(asked.requests.len(), requests, "{error}");
}

#[tokio::test]
async fn what_does_not_pass_is_told() {
    let refused = |status: &str, kind: &str| {
        json(status, &format!(r#"{{"status":"error","errorType":"{kind}","error":"parse\n error at char 5"}}"#))
    };
    let series = |number: usize| format!(r#"{{"metric":{{"__name__":"a","n":"{number}"}},"values":[[60,"1"]]}}"#);
    let many = (0..7).map(series).collect::<Vec<_>>().join(",");
    let histogram = r#"{"metric":{},"histograms":[[60,{"count":"1","sum":"1","buckets":[]}]]}"#;
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}"#;
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
    let web_page = "\n<!doctype html><html>Log in</html>";
    let huge = json("200 OK", &" ".repeat(17 << 20));
    let cases: Vec<(String, usize, Vec<&str>)> = vec![
        (refused("400 Bad Request", "bad_data"), 1, vec!["refuses the query (bad_data): parse  error at char 5; try"]),
        (refused("422 Unprocessable Entity", "execution"), 1, vec!["(execution): parse", "too many series"]),
        (refused("503 Service Unavailable", "timeout"), 1, vec!["(timeout)", "a longer step"]),
        (refused("500 Internal Server Error", "internal"), 5, vec!["(internal): parse"]),
        (json("200 OK", r#"{"status":"error"}"#), 1, vec!["(error): it does not say why"]),
        (answer("500 Internal Server Error", "text/plain", ""), 5, vec!["answers 500; try again later"]),
        (answer("401 Unauthorized", "text/html", web_page), 1, vec!["answers 401: it wants credentials", "or a file"]),
        (answer("403 Forbidden", "text/plain", ""), 1, vec!["answers 403: it wants credentials"]),
        (answer("404 Not Found", "text/html", web_page), 1, vec!["answers 404; is the path", "/select/0/prometheus"]),
        (
            answer("302 Found\r\nlocation: /login", "text/html", ""),
            1,
            vec!["answers 302; it sends elsewhere", "login page"],
        ),
        (answer("418 I'm a teapot", "text/plain", ""), 1, vec!["answers 418; is this the address", "does it want TLS"]),
        (answer("200 OK", "text/html", web_page), 1, vec!["is not understood: it is a web page; is there a login"]),
        (json("200 OK", r#"{"status":"success","data":{"resu"#), 5, vec!["it ends too early"]),
        (json("200 OK", "[]"), 1, vec!["is not understood", "is this the address of a Prometheus?"]),
        (json("200 OK", r#"{"status":"success"}"#), 1, vec!["it has no result"]),
        (json("200 OK", scalar), 1, vec!["is not understood"]),
        (json("200 OK", vector), 1, vec!["the query returned nothing"]),
        (matrix(r#"{"metric":{},"values":[[60,"many"]]}"#), 1, vec!["a value is not a number"]),
        (matrix(r#"{"metric":{},"values":[[60,"NaN"]]}"#), 1, vec!["the query returned nothing"]),
        (
            matrix(""),
            1,
            vec!["nothing between 1970-01-01T00:01:00Z and 1970-01-01T00:04:00Z; try it in the web page of http://127"],
        ),
        (
            matrix(&many),
            1,
            vec![r#"returned 7 series where one is needed: a{n="0"}, a{n="1"}, a{n="2"}, …; join them by sum(...)"#],
        ),
        (matrix(histogram), 1, vec!["native histograms", "histogram_count(...)"]),
        (huge, 1, vec!["more than 16 MiB", "sum(...)"]),
    ];
    for (answer, requests, words) in cases {
        check(ask(&[answer]).await, requests, &words);
    }
    let token = Some(PrometheusCredentials::token(Token::new("s3cret").unwrap()));
    let asked = ask_for(&[answer("401 Unauthorized", "text/plain", "")], token, 4 * MINUTE_MS).await;
    check(asked, 1, &["it refuses the credentials; give a valid token"]);
}

#[tokio::test]
async fn remarks_of_the_server_are_kept() {
    let body = r#"{"status":"success","isPartial":true,"warnings":["a store is away","a store is away"],"infos":["no counter"],
        "data":{"resultType":"matrix","result":[{"metric":{},"values":[[60,"1"]]}]}}"#;
    let range = ask(&[json("200 OK", body)]).await.outcome.unwrap();
    let expected = ["the answer lacks the data of some of the server's nodes", "a store is away", "no counter"];
    assert_eq!(range.warnings, expected);
}

#[tokio::test]
async fn patience_ends() {
    let ask = async |listener: &TcpListener, timeout_s| {
        let address = PrometheusAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let timeout = Duration::from_secs(timeout_s);
        let client = Prometheus::new(PrometheusOptions { timeout, ..PrometheusOptions::new(address) }).unwrap();
        client.query_range("a", 0, MINUTE_MS, DurationMs::MINUTE).await.unwrap_err()
    };
    // It listens, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = ask(&silent, 1).await;
    assert!(matches!(error, PrometheusError::Slow { seconds: 1, .. }), "{error}");
    // It asks for more time than there is.
    let busy = answer("503 Service Unavailable\r\nretry-after: 3600", "text/plain", "");
    let asked = ask_for(&[busy], None, 4 * MINUTE_MS).await;
    check(asked, 1, &["answers 503; try again later"]);
}

#[tokio::test]
async fn a_server_that_is_away_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = super::client(&format!("prometheus://{gone}"), None);
    let error = client.query_range("a", 0, MINUTE_MS, DurationMs::MINUTE).await.unwrap_err();
    assert!(matches!(error, PrometheusError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&format!("http://{gone} cannot be reached: ")), "{error}");
    // A server without TLS behind an address with it.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = plain.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = plain.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let client = super::client(&format!("prometheus+https://{at}"), None);
    let error = client.query_range("a", 0, MINUTE_MS, DurationMs::MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("has it TLS (https) or not"), "{error}");
}
