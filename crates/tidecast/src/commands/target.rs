//! Where a verb finds its series: an embedded store that it opens itself, or a running server.

use crate::config::{Environment, ProcessEnvironment, RegistryConfig, ServerConfig, StoreConfig};
use crate::exit::{NoStoreError, UsageError};
use crate::runtime::host::open_registry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidecast_connect::http::{RemoteStore, Token};
use tidecast_core::ports::SeriesStore;
use tidecast_forecast::registry::Registry;
use tidecast_store::{EmbeddedStore, Options, serving_address};

/// `--store` or `--server`, the same for every verb.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Store on this machine, embedded:DIR
    #[arg(long, value_name = "STORE", env = "TIDECAST_STORE", value_parser = parse_store)]
    store: Option<StoreConfig>,

    /// Running tidecast to talk to, http://HOST:PORT (its token in TIDECAST_TOKEN or --token-file)
    #[arg(long, value_name = "URL", env = "TIDECAST_SERVER", hide_env_values = true, conflicts_with = "store")]
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

/// Who changes the models of a store: the server that has it, or else this process.
pub(crate) enum Keeper {
    /// A running server.
    Server(RemoteStore),
    /// This process, which has the store as long as this lives.
    Here { _store: Box<EmbeddedStore>, registry: Registry },
}

impl Target {
    /// Who changes the models of the store that the flags name: its server where one runs, even when the store itself
    /// was named.
    pub(crate) fn keeper(&self, registry: &RegistryFlag) -> anyhow::Result<Keeper> {
        if self.is_remote() {
            return Ok(Keeper::Server(self.remote()?));
        }
        let directory = self.directory()?;
        match open_embedded(directory) {
            Ok(store) => Ok(Keeper::Here { _store: Box::new(store), registry: registry.open(directory)? }),
            Err(locked) => match serving_address(directory) {
                Some(address) => Ok(Keeper::Server(RemoteStore::new(&address, self.token()?.as_ref())?)),
                None => Err(locked),
            },
        }
    }
}

/// Where the models of a store are, the same for every verb.
#[derive(Debug, clap::Args)]
pub(crate) struct RegistryFlag {
    /// Models of the store: a directory, or s3://bucket/prefix [default: beside the store]
    #[arg(long, value_name = "REGISTRY", env = "TIDECAST_REGISTRY", value_parser = parse_registry)]
    pub(crate) registry: Option<RegistryConfig>,
}

impl RegistryFlag {
    /// The registry of the store in a directory.
    pub(crate) fn open(&self, store: &Path) -> anyhow::Result<Registry> {
        Ok(open_registry(store, self.registry.as_ref())?)
    }
}

fn parse_registry(text: &str) -> Result<RegistryConfig, String> {
    text.parse()
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

    /// The running server's token.
    fn token(&self) -> anyhow::Result<Option<Token>> {
        client_token(self.token_file.as_ref())
    }
}

/// The token for a running server, from a file or the environment.
pub(crate) fn client_token(file: Option<&PathBuf>) -> anyhow::Result<Option<Token>> {
    let configured = ServerConfig { token_file: file.cloned(), ..ServerConfig::default() };
    match configured.token(&ProcessEnvironment)? {
        Some(token) => Ok(Some(token)),
        None => Ok(ProcessEnvironment.variable("TIDECAST_TOKEN").map(|text| Token::new(&text)).transpose()?),
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
