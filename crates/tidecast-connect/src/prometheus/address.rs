//! Where the server is.

use super::error::PrometheusError;
use crate::http::check_address;
use reqwest::Url;
use std::fmt;
use std::str::FromStr;

/// Where a server itself listens unless told otherwise; proxies in front of it have the ports of HTTP.
const PORT: u16 = 9090;

/// The ends of addresses that are copied from requests.
const API_PATHS: [&str; 4] = ["/api/v1/query_range", "/api/v1/query", "/api/v1", "/api"];

/// The address of a server: a scheme of the table of [`prometheus`](super), host, port and the path before `/api/v1`.
#[derive(Clone, PartialEq, Eq)]
pub struct PrometheusAddress {
    /// Without a slash at its end, a query or credentials.
    base: Url,
}

impl PrometheusAddress {
    /// Reads an address. Nothing is sent yet.
    ///
    /// # Errors
    /// When it is malformed, or holds credentials. The error does not show it.
    pub fn parse(url: &str) -> Result<Self, PrometheusError> {
        let wrong = |reason: &str| PrometheusError::Address { reason: reason.to_owned() };
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(|| wrong("the address has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        let (web, port) = match scheme.as_str() {
            "prometheus" | "prometheus+http" => ("http", Some(PORT)),
            "prometheus+https" => ("https", None),
            "http" | "https" => (scheme.as_str(), None),
            _ => return Err(wrong("the scheme of the address is unknown")),
        };
        let mut base = check_address(&format!("{web}://{rest}")).map_err(|reason| wrong(&reason))?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("the address goes on after ? or #; give the query apart from it"));
        }
        // The parser leaves out the port of the scheme as if it had not been written.
        if let Some(port) = port.filter(|_| base.port().is_none() && !names_port(rest)) {
            base.set_port(Some(port)).map_err(|()| wrong("the address takes no port"))?;
        }
        let path = base.path().trim_end_matches('/');
        let path = API_PATHS.iter().find_map(|api| path.strip_suffix(api)).unwrap_or(path).to_owned();
        base.set_path(&path);
        Ok(Self { base })
    }

    /// Where ranges are asked for.
    pub(super) fn query_range(&self) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v1/query_range", self.base.path().trim_end_matches('/')));
        url
    }
}

/// Whether a host is followed by a port.
fn names_port(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

impl FromStr for PrometheusAddress {
    type Err = PrometheusError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Self::parse(url)
    }
}

/// As a browser takes it.
impl fmt::Display for PrometheusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for PrometheusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrometheusAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let cases = [
            ("prometheus://localhost", "http://localhost:9090"),
            ("prometheus://localhost:80", "http://localhost"),
            ("prometheus://[::1]/", "http://[::1]:9090"),
            ("prometheus+http://h:8428/select/0/prometheus/", "http://h:8428/select/0/prometheus"),
            ("prometheus+https://h/prom", "https://h/prom"),
            ("PROMETHEUS+HTTPS://h:9443", "https://h:9443"),
            ("http://h", "http://h"),
            (" https://h/prom/api/v1/query_range\n", "https://h/prom"),
            ("http://h:9090/api/v1/", "http://h:9090"),
        ];
        for (url, shown) in cases {
            let address = PrometheusAddress::parse(url).unwrap();
            assert_eq!(address.to_string(), shown, "{url}");
            assert_eq!(address.query_range().as_str(), format!("{shown}/api/v1/query_range"), "{url}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused_without_secrets() {
        let cases = [
            ("localhost:9090", "no scheme"),
            ("prometheuss://h", "scheme of the address is unknown"),
            ("prometheus://", "the address is none"),
            ("prometheus://ann:s3cret@h:9090", "the environment or a file"),
            ("prometheus+https://s3cret@h", "holds a user or a password"),
            ("prometheus://ann:s3cret@h:port", "the address is none"),
            ("http://h/?token=s3cret", "after ? or #"),
            ("http://h/#s3cret", "after ? or #"),
        ];
        for (url, words) in cases {
            let error = PrometheusAddress::parse(url).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("s3cret"), "{url}: {error}");
            assert!(error.contains("prometheus+https://host"), "{url}: {error}");
        }
    }
}
