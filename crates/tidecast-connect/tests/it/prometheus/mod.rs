//! Queries over a range of time, against a real Prometheus, a real VictoriaMetrics, and servers that answer badly.

mod answers;
mod real;
mod server;

use tidecast_connect::prometheus::{Prometheus, PrometheusAddress, PrometheusCredentials, PrometheusOptions};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

fn client(address: &str, credentials: Option<PrometheusCredentials>) -> Prometheus {
    let address = PrometheusAddress::parse(address).unwrap();
    Prometheus::new(PrometheusOptions { credentials, ..PrometheusOptions::new(address) }).unwrap()
}
