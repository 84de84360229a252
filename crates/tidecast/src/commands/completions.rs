//! `tidecast completions`: shell completions.

use super::Cli;
use super::format::print;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tidecast completions bash > /etc/bash_completion.d/tidecast")]
pub(crate) struct Args {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tidecast", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(())
}
