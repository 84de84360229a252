//! Where Redis is: one server, a cluster, or what Sentinels know under a name.
//!
//! | address | what |
//! |---|---|
//! | `redis://user:password@host:6379/0` | one server; `rediss://` with TLS |
//! | `redis-cluster://host:6379,host:6379` | a cluster, from any of its nodes; `rediss-cluster://` with TLS |
//! | `redis+sentinel://host:26379,host:26379/service/0` | the primary that Sentinels name; `rediss+sentinel://` with TLS |
//!
//! `-` and `+` may stand for each other, since both are in use. User and password come before the first host and hold for all.

use super::error::RedisError;
use super::password::Password;
use super::tls::TlsFiles;
use ::redis::{ConnectionAddr, RedisConnectionInfo, TlsCertificates};
use std::fmt;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is and how to be let in. Neither [`fmt::Debug`] nor [`fmt::Display`] shows user or password.
#[derive(Clone)]
pub struct RedisAddress {
    pub(super) layout: Layout,
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) database: i64,
    pub(super) user: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) tls: Option<TlsCertificates>,
}

/// What answers at the hosts of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// The server itself.
    Single,
    /// Nodes of a cluster.
    Cluster,
    /// Sentinels, which know the primary of a service.
    Sentinel { service: String },
}

impl RedisAddress {
    /// Reads an address. Nothing is sent yet.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn parse(url: &str) -> Result<Self, RedisError> {
        let wrong = |reason: &str| RedisError::Address { reason: reason.to_owned() };
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase().replace('+', "-");
        let (base, layout) = scheme.split_once('-').unwrap_or((&scheme, ""));
        let tls = match base {
            "redis" | "valkey" => None,
            "rediss" | "valkeys" => Some(TlsCertificates { client_tls: None, root_cert: None }),
            _ => return Err(wrong("its scheme is unknown")),
        };
        if rest.contains(['?', '#']) {
            return Err(wrong("it has options after ? or #, of which there are none"));
        }
        // A password may hold an @ that nobody escaped: the last one ends it.
        let (credentials, rest) = rest.rsplit_once('@').map_or((None, rest), |(before, after)| (Some(before), after));
        let (user, password) = credentials.map(|text| text.split_once(':').unwrap_or((text, ""))).unwrap_or_default();
        let decode = |text: &str| decode(text).ok_or_else(|| wrong("a % in user or password begins no escape"));
        let (user, password) = (decode(user)?, decode(password)?);
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (layout, default_port, database) = match layout {
            "" => (Layout::Single, PORT, path),
            "cluster" => (Layout::Cluster, PORT, path),
            "sentinel" => {
                let (service, database) = path.split_once('/').unwrap_or((path, ""));
                if service.is_empty() {
                    return Err(wrong("it does not name the service after the Sentinels"));
                }
                (Layout::Sentinel { service: service.to_owned() }, SENTINEL_PORT, database)
            }
            _ => return Err(wrong("its scheme is unknown")),
        };
        let hosts: Vec<_> = hosts
            .split(',')
            .map(|host| read_host(host, default_port))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("a host or port is none"))?;
        if layout == Layout::Single && hosts.len() > 1 {
            return Err(wrong("it names several hosts, which only a cluster or Sentinels have"));
        }
        let database = database.trim_end_matches('/');
        let database = if database.is_empty() { Ok(0) } else { database.parse::<u16>() };
        let database = database.map_err(|_| wrong("what follows the host is no number of a database"))?;
        if layout == Layout::Cluster && database != 0 {
            return Err(wrong("a cluster has database 0 only"));
        }
        Ok(Self {
            layout,
            hosts,
            database: i64::from(database),
            user: Some(user).filter(|user| !user.is_empty()),
            password: Some(password).filter(|password| !password.is_empty()).map(|password| Password::new(&password)),
            tls,
        })
    }

    /// The same with another password, for one that is kept apart from the address.
    #[must_use]
    pub fn with_password(self, password: Password) -> Self {
        Self { password: Some(password), ..self }
    }

    /// The same with an own certificate authority, a client certificate, or both.
    ///
    /// # Errors
    /// When a file cannot be read or the address is not one with TLS.
    pub fn with_tls_files(self, files: &TlsFiles) -> Result<Self, RedisError> {
        if self.tls.is_none() {
            let reason = "files for TLS are given, but the address has none".to_owned();
            return Err(RedisError::Address { reason });
        }
        Ok(Self { tls: Some(files.read()?), ..self })
    }

    /// Where each host is.
    pub(super) fn connection_addresses(&self) -> impl Iterator<Item = ConnectionAddr> {
        self.hosts.iter().map(|(host, port)| match self.tls {
            None => ConnectionAddr::Tcp(host.clone(), *port),
            Some(_) => ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None },
        })
    }

    /// What to say on arrival.
    pub(super) fn greeting(&self) -> RedisConnectionInfo {
        let mut greeting = RedisConnectionInfo::default().set_db(self.database).set_skip_set_lib_name();
        if let Some(user) = &self.user {
            greeting = greeting.set_username(user);
        }
        if let Some(password) = &self.password {
            greeting = greeting.set_password(password.reveal());
        }
        greeting
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secure = if self.tls.is_some() { "s" } else { "" };
        let layout = match self.layout {
            Layout::Single => "",
            Layout::Cluster => "-cluster",
            Layout::Sentinel { .. } => "+sentinel",
        };
        write!(f, "redis{secure}{layout}://")?;
        for (place, (host, port)) in self.hosts.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            if host.contains(':') { write!(f, "{comma}[{host}]:{port}")? } else { write!(f, "{comma}{host}:{port}")? }
        }
        if let Layout::Sentinel { service } = &self.layout {
            write!(f, "/{service}")?;
        }
        if self.database == 0 { Ok(()) } else { write!(f, "/{}", self.database) }
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisAddress({self})")
    }
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn read_host(text: &str, default_port: u16) -> Option<(String, u16)> {
    let text = text.trim();
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(default_port), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// Undoes percent escapes; `None` where one is malformed.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        decoded.push(match byte {
            b'%' => (digit(bytes.next())? * 16 + digit(bytes.next())?) as u8,
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_secrets() {
        let cases = [
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://h:1/5", "redis://h:1/5"),
            ("rediss://ann:s3cret@h/", "rediss://h:6379"),
            ("redis://:s3cret%40@[::1]:7000", "redis://[::1]:7000"),
            ("redis-cluster://ann:s3cret@a:1,b", "redis-cluster://a:1,b:6379"),
            ("rediss+cluster://a", "rediss-cluster://a:6379"),
            ("redis+sentinel://:s3cret@a,b:2/main/3", "redis+sentinel://a:26379,b:2/main/3"),
            ("valkey://h", "redis://h:6379"),
        ];
        for (url, shown) in cases {
            let address = RedisAddress::parse(url).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), format!("RedisAddress({shown})"));
        }
    }

    #[test]
    fn credentials_are_unescaped() {
        let cases = [
            ("redis://ann:a%3Ab@h", Some("ann"), Some("a:b")),
            ("redis://:p@ss@h", None, Some("p@ss")),
            ("redis://ann@h", Some("ann"), None),
            ("redis://h", None, None),
        ];
        for (url, user, password) in cases {
            let address = RedisAddress::parse(url).unwrap();
            assert_eq!(address.user.as_deref(), user, "{url}");
            assert_eq!(address.password.as_ref().map(Password::reveal), password, "{url}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused_without_secrets() {
        let cases = [
            "localhost:6379",
            "http://h",
            "redis-ring://h",
            "redis://",
            "redis://s3cret:s3cret@h:port",
            "redis://a,b",
            "redis://:s3cret@h/zero",
            "redis-cluster://h/1",
            "redis+sentinel://:s3cret@h",
            "redis://:s3cret%zz@h",
            "redis://h?db=1",
            "redis://[::1",
        ];
        for url in cases {
            let error = RedisAddress::parse(url).unwrap_err().to_string();
            assert!(error.contains("malformed") && !error.contains("s3cret"), "{url}: {error}");
        }
    }
}
