//! Every way in: users, TLS, a cluster, Sentinels.

use super::server::{RedisServer, ask, connect, free_port, program};
use super::{DEADLINE, Seen, message, open, options, trouble_with};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tidecast_connect::redis::{ClientFiles, Password, RedisAddress, RedisStreamOptions, RedisStreamSink, TlsFiles};

/// Writes by an address and reads the same back.
async fn write_and_read(address: RedisAddress, stream: &str) {
    let mut sink = RedisStreamSink::new(address.clone(), stream, Some(10_000));
    let start = Instant::now();
    let mut messages: Vec<_> = (0..2_000).map(message).collect();
    while let Err(error) = sink.send(&mut messages).await {
        assert!(start.elapsed() < DEADLINE, "{error}");
    }
    let mut source = open(&RedisStreamOptions { address, ..options("redis://h", stream) }, None);
    let mut seen = Seen::default();
    seen.read_exactly(&mut source, 2_000).await;
    assert!(seen.numbers.iter().copied().eq(0..2_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_need_their_password_and_their_rights() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let mut connection = connect(&server.url()).await;
    let rights = "~stream resetchannels +xadd +xread +xinfo +xrange +multi +exec";
    ask::<()>(&mut connection, &format!("ACL SETUSER ann on >s3cret:@ {rights}")).await;
    ask::<()>(&mut connection, "ACL SETUSER default off").await;
    let url = |credentials: &str| format!("redis://{credentials}127.0.0.1:{}", server.port);
    write_and_read(RedisAddress::parse(&url("ann:s3cret%3A%40@")).unwrap(), "stream").await;
    let apart = RedisAddress::parse(&url("ann@")).unwrap().with_password(Password::new("s3cret:@\n"));
    write_and_read_again(apart).await;
    let cases = [
        (url("ann:s3cret@"), "stream", "check user and password"),
        (url(""), "stream", "give user and password"),
        (url("ann:s3cret%3A%40@"), "other", "ACL SETUSER"),
    ];
    for (url, stream, advice) in cases {
        let trouble = trouble_with(&mut open(&options(&url, stream), None), &[advice]).await;
        assert!(!trouble.contains("s3cret"), "{trouble}");
    }
}

/// Reads what [`write_and_read`] wrote.
async fn write_and_read_again(address: RedisAddress) {
    let mut source = open(&RedisStreamOptions { address, ..options("redis://h", "stream") }, None);
    Seen::default().read_exactly(&mut source, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_trusts_the_given_authority_only() {
    if program("openssl").is_none() {
        return;
    }
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let certificates = tempfile::tempdir().unwrap();
    let file = |name: &str| certificates.path().join(name);
    certify(certificates.path());
    let Some(server) = RedisServer::start_with(|_, port| {
        let port = port.to_string();
        let options = [
            ("--port", "0".to_owned()),
            ("--tls-port", port),
            ("--tls-cert-file", text(&file("server.pem"))),
            ("--tls-key-file", text(&file("server.key"))),
            ("--tls-ca-cert-file", text(&file("ca.pem"))),
            ("--tls-auth-clients", "yes".to_owned()),
        ];
        options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }) else {
        return;
    };
    let url = format!("rediss://localhost:{}", server.port);
    let client = ClientFiles { certificate: file("client.pem"), key: file("client.key") };
    let files = TlsFiles { authority: Some(file("ca.pem")), client: Some(client) };
    let address = RedisAddress::parse(&url).unwrap();
    write_and_read(address.clone().with_tls_files(&files).unwrap(), "stream").await;
    let mut stranger = open(&options(&url, "stream"), None);
    trouble_with(&mut stranger, &["ertificate", "give the certificate authority"]).await;
    let nothing = TlsFiles { authority: Some(file("server.key")), client: None };
    let error = address.with_tls_files(&nothing).unwrap_err().to_string();
    assert!(error.contains("server.key") && error.contains("no certificate"), "{error}");
}

/// An authority, and certificates of it for a server called `localhost` and for a client.
fn certify(directory: &Path) {
    let run = |line: &str| {
        let output = Command::new("openssl").args(line.split_whitespace()).current_dir(directory).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    run(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=tests"));
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1").unwrap();
    for name in ["server", "client"] {
        run(&format!("req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        run(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out {name}.pem"
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_found_from_one_node() {
    if program("redis-cli").is_none() {
        return;
    }
    let nodes: Option<Vec<RedisServer>> = (0..3)
        .map(|_| {
            let bus = free_port().to_string();
            RedisServer::start(&["--cluster-enabled", "yes", "--cluster-port", &bus])
        })
        .collect();
    let Some(nodes) = nodes else { return };
    let created = Command::new("redis-cli")
        .args(["--cluster", "create"])
        .args(nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)))
        .arg("--cluster-yes")
        .output()
        .unwrap();
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stdout));
    // Streams of different slots, so that the node we name has not all of them.
    for stream in ["antennas", "cells", "towers"] {
        let address = RedisAddress::parse(&format!("redis-cluster://127.0.0.1:{}", nodes[0].port)).unwrap();
        write_and_read(address, stream).await;
    }
    let address = format!("redis-cluster://127.0.0.1:{}", nodes[0].port);
    super::group::shared_by_workers(&address, "antennas", 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_name_the_primary() {
    let Some(primary) = RedisServer::start(&[]) else { return };
    let sentinel = RedisServer::start_with(|directory, port| {
        let file = directory.join("sentinel.conf");
        let monitor = format!("port {port}\nsentinel monitor main 127.0.0.1 {} 1\n", primary.port);
        std::fs::write(&file, monitor).unwrap();
        vec![file.to_str().unwrap().to_owned(), "--sentinel".to_owned()]
    });
    let Some(sentinel) = sentinel else { return };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let url = |service: &str| format!("redis+sentinel://127.0.0.1:{}/{service}", sentinel.port);
    write_and_read(RedisAddress::parse(&url("main")).unwrap(), "stream").await;
    let mut source = open(&options(&url("unknown"), "stream"), None);
    trouble_with(&mut source, &["no such service"]).await;
}
