//! What went wrong, in words that tell an operator what to do.

use ::redis::{ErrorKind, RedisError as Failure, ServerError};

/// Why a request was not answered as hoped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What is wrong, and what to do.
    pub(super) reason: String,
    /// Whether the connection can be used no longer.
    pub(super) broken: bool,
}

impl Trouble {
    /// The trouble of a request, or of getting a connection.
    pub(super) fn of(failure: &Failure) -> Self {
        // Of a transaction that failed, what the first command in it met.
        let first =
            failure.clone().into_server_errors().and_then(|errors| errors.first().map(|(_, error)| error.clone()));
        let said = match &first {
            Some(error) => format!("{} {}", error.code(), error.details().unwrap_or_default()),
            None => failure.to_string(),
        };
        let code = said.split(|letter: char| !letter.is_ascii_alphabetic()).find(|word| advice_for(word).is_some());
        let advice = code.and_then(advice_for).unwrap_or_else(|| match failure.kind() {
            ErrorKind::Io if failure.is_connection_refusal() => "is Redis running there, and is the port right?",
            ErrorKind::Io if said.contains("ertificate") => {
                "give the certificate authority of the server, and the name that its certificate has"
            }
            ErrorKind::Io if failure.is_timeout() => {
                "it does not answer in time; is it overloaded, or in the way a firewall?"
            }
            ErrorKind::Io => "waiting for it to come back",
            ErrorKind::AuthenticationFailed => "check user and password",
            ErrorKind::MasterNameNotFoundBySentinel => {
                "the Sentinels know no such service, or have no primary for it yet"
            }
            ErrorKind::ClusterConnectionNotFound => "no node of the cluster can be reached; waiting",
            _ => "trying again",
        });
        // What a server says in answer to a command, it says on a connection that works.
        let broken = !matches!(failure.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
            || matches!(code, Some("READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "NOAUTH"));
        Self { reason: format!("{said}; {advice}"), broken }
    }

    /// The trouble of one command within a transaction.
    pub(super) fn of_command(error: &ServerError) -> Self {
        Self::of(&Failure::from(error.clone()))
    }

    /// A reply that no Redis gives.
    pub(super) fn unreadable(what: &str) -> Self {
        Self {
            reason: format!("the answer to {what} is not understood; is it a Redis of version 5 or later?"),
            broken: true,
        }
    }

    /// Something that the stream shows, on a connection that works.
    pub(super) fn told(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), broken: false }
    }
}

/// What servers answer, and what an operator does about it.
const CODES: [(&str, &str); 11] = [
    ("WRONGPASS", "check user and password"),
    ("NOAUTH", "give user and password"),
    ("NOPERM", "let the user do this with ACL SETUSER"),
    ("WRONGTYPE", "the key holds something else than a stream; name another stream, or remove the key"),
    ("OOM", "Redis takes no more writes; raise its maxmemory, or trim what fills it"),
    ("MISCONF", "Redis cannot write its snapshot and takes no more writes; look into its log"),
    ("LOADING", "it loads its data; waiting"),
    ("READONLY", "this is a replica; give the address of the primary, or of the Sentinels"),
    ("MASTERDOWN", "this is a replica that lost its primary; waiting"),
    ("CLUSTERDOWN", "the cluster does not serve all keys; look at CLUSTER INFO"),
    ("CROSSSLOT", "the keys lie on different nodes of the cluster; give them a common {tag}"),
];

fn advice_for(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, advice)| *advice)
}
