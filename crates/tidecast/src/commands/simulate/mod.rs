//! `tidecast simulate`: messages as the devices of a system would send them, to try the rest of it.

mod antennas;
mod output;

use clap::Subcommand;

/// Send messages as the devices of a system would, to try the rest of it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    devices: Devices,
}

#[derive(Debug, Subcommand)]
enum Devices {
    Antennas(antennas::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.devices {
        Devices::Antennas(args) => antennas::run(args).await,
    }
}
