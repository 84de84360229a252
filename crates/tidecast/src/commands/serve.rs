//! `tidecast serve`: the API and the console over a store, without sources and without forecasting.

use super::format::print;
use super::target::RegistryFlag;
use crate::config::{ServerConfig, StoreConfig};
use crate::runtime::clock::SystemClock;
use crate::runtime::host::{Host, count};
use crate::runtime::live::{Mode, Phase};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// How a server listens, the same for every verb that serves.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ListenFlags {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// File with the bearer token that requests must carry
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Let anyone who reaches the address in
    #[arg(long)]
    insecure: bool,
}

impl ListenFlags {
    pub(crate) fn server(&self) -> ServerConfig {
        ServerConfig { listen: self.listen, token_file: self.token_file.clone(), insecure: self.insecure }
    }
}

const EXAMPLES: &str = "Examples:
  tidecast serve --store embedded:data
  tidecast serve --store embedded:data --listen 0.0.0.0:8080 --token-file token";

/// Serve the API and the console over a store, without forecasting
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Store on this machine, embedded:DIR
    #[arg(long, value_name = "STORE", env = "TIDECAST_STORE", value_parser = super::target::parse_store)]
    store: StoreConfig,

    #[command(flatten)]
    registry: RegistryFlag,

    #[command(flatten)]
    listen: ListenFlags,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let StoreConfig::Embedded(directory) = &args.store;
    let host = Host::start(
        Mode::Serve,
        directory,
        args.registry.registry.as_ref(),
        &args.listen.server(),
        Arc::new(SystemClock),
    )
    .await?;
    count(&*host.store, &host.live).await?;
    host.live.update_status(|status| {
        status.phase = Phase::Live;
        status.message = "Serving what is in the store; nothing is forecast".to_owned();
    });
    print(&format!("Console: http://{}/\n", host.address))?;
    host.ended().await
}
