//! Where a verb finds its series: an embedded store that it opens itself, or a running server.

use crate::config::{Environment, ProcessEnvironment, ServerConfig, StoreConfig};
use crate::exit::{NoStoreError, UsageError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidecast_connect::http::{RemoteStore, Token};
use tidecast_core::ports::SeriesStore;
use tidecast_store::{EmbeddedStore, Options};

/// `--store` or `--server`, the same for every verb.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Store on this machine, embedded:DIR
    #[arg(long, value_name = "STORE", env = "TIDECAST_STORE", value_parser = parse_store)]
    store: Option<StoreConfig>,

    /// Running tidecast to talk to, http://HOST:PORT (its token in TIDECAST_TOKEN or --token-file)
    #[arg(long, value_name = "URL", env = "TIDECAST_SERVER", conflicts_with = "store")]
    server: Option<String>,

    /// File with the server's bearer token
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

/// `--store` alone, for verbs that work on the models of a store, which are files beside it.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreFlag {
    /// Store on this machine, embedded:DIR
    #[arg(long, value_name = "STORE", env = "TIDECAST_STORE", value_parser = parse_store)]
    store: StoreConfig,
}

impl StoreFlag {
    /// The store's directory, which exists.
    pub(crate) fn directory(&self) -> anyhow::Result<&Path> {
        let StoreConfig::Embedded(directory) = &self.store;
        existing(directory)
    }
}

/// For clap: the message without its own prefix.
pub(crate) fn parse_store(text: &str) -> Result<StoreConfig, String> {
    text.parse()
}

impl Target {
    /// Opens what the flags name, to read from it: a store that is not there is an error, not a new one.
    pub(crate) fn open_existing(&self) -> anyhow::Result<Arc<dyn SeriesStore>> {
        if let Some(StoreConfig::Embedded(directory)) = &self.store {
            existing(directory)?;
        }
        self.open()
    }

    /// Opens what the flags name; an embedded store is made if it is not there.
    pub(crate) fn open(&self) -> anyhow::Result<Arc<dyn SeriesStore>> {
        match (&self.store, &self.server) {
            (Some(StoreConfig::Embedded(directory)), _) => Ok(Arc::new(open_embedded(directory)?)),
            (None, Some(_)) => Ok(Arc::new(self.remote()?)),
            (None, None) => Err(neither()),
        }
    }

    /// Whether a running server is meant.
    pub(crate) fn is_remote(&self) -> bool {
        self.store.is_none() && self.server.is_some()
    }

    /// The running server that the flags name.
    pub(crate) fn remote(&self) -> anyhow::Result<RemoteStore> {
        let url = self.server.as_ref().ok_or_else(neither)?;
        Ok(RemoteStore::new(url, self.token()?.as_ref())?)
    }

    /// The directory of the embedded store that the flags name, which exists.
    pub(crate) fn directory(&self) -> anyhow::Result<&Path> {
        match &self.store {
            Some(StoreConfig::Embedded(directory)) => existing(directory),
            None => Err(neither()),
        }
    }

    /// The running server's token, from the file or the environment.
    fn token(&self) -> anyhow::Result<Option<Token>> {
        let configured = ServerConfig { token_file: self.token_file.clone(), ..ServerConfig::default() };
        match configured.token(&ProcessEnvironment)? {
            Some(token) => Ok(Some(token)),
            None => Ok(ProcessEnvironment.variable("TIDECAST_TOKEN").map(|text| Token::new(&text)).transpose()?),
        }
    }
}

fn neither() -> anyhow::Error {
    let message = "give --store embedded:DIR for a store on this machine, or --server URL for a running tidecast";
    UsageError(message.to_owned()).into()
}

/// Whether there is a store in a directory.
pub(crate) fn is_store(directory: &Path) -> bool {
    directory.join("journal.redb").exists()
}

fn existing(directory: &Path) -> anyhow::Result<&Path> {
    if is_store(directory) { Ok(directory) } else { Err(NoStoreError(directory.to_owned()).into()) }
}

/// Opens the embedded store in a directory, making it if it is not there.
pub(crate) fn open_embedded(directory: &Path) -> anyhow::Result<EmbeddedStore> {
    Ok(EmbeddedStore::open(directory, Options::default())?)
}
