//! `server`: how the API and the console are served.

use super::document::Section;
use super::environment::Environment;
use super::problem::Problem;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tidecast_connect::http::{Token, TokenError as Malformed};

/// The address, and who may come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerConfig {
    /// The address to listen on. Beyond loopback only with `token_file` or `insecure`.
    pub listen: SocketAddr,
    /// The file with the bearer token that every request must carry.
    pub token_file: Option<PathBuf>,
    /// Whether anyone who reaches the address may read and write.
    pub insecure: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), token_file: None, insecure: false }
    }
}

/// Why there is no token although one was configured.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("server.token_file: {} cannot be read: {reason}; check its path and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// What it holds cannot be a token.
    #[error("server.token_file: {}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Malformed,
    },
}

impl ServerConfig {
    /// Reads the bearer token, without white space around it. Needed to run, not to check, since the machine that
    /// checks a configuration seldom holds its secrets.
    ///
    /// # Errors
    /// When the configured file cannot be read, is empty or holds no token.
    pub fn token(&self, environment: &dyn Environment) -> Result<Option<Token>, TokenError> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let text = environment
            .file(path)
            .map_err(|error| TokenError::Unreadable { path: path.clone(), reason: error.to_string() })?;
        Token::new(&text).map(Some).map_err(|source| TokenError::Malformed { path: path.clone(), source })
    }
}

/// The keys as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerKeys {
    listen: Option<String>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
}

pub(super) fn parse(section: &Section, problems: &mut Vec<Problem>) -> Option<ServerConfig> {
    let keys: ServerKeys = section.decode(&[], problems)?;
    let listen = match keys.listen.map(|text| text.parse::<SocketAddr>()) {
        None => ServerConfig::default().listen,
        Some(Ok(address)) => address,
        Some(Err(_)) => {
            let shown = section.shown("listen");
            let message = format!(
                "{shown} is not an address; write an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080"
            );
            problems.push(section.problem("listen", message));
            return None;
        }
    };
    if keys.token_file.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
        problems.push(section.problem("token_file", "the path is empty; write one, or remove the key"));
    }
    if !listen.ip().is_loopback() && keys.token_file.is_none() && !keys.insecure {
        let message = format!(
            "{} can be reached from other machines, and nothing protects it; set token_file, or insecure: true to let anyone in, or listen on 127.0.0.1",
            section.shown("listen")
        );
        problems.push(section.problem("listen", message));
    }
    Some(ServerConfig { listen, token_file: keys.token_file, insecure: keys.insecure })
}
