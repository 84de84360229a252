//! The project's own commands, `cargo xtask COMMAND`: one way to test, check, generate and measure, the same on a
//! laptop and in CI.

mod bench;
mod console;
mod deploy;
mod examples;
mod generate;
mod go;
mod program;
mod test;
mod tidy;
mod workspace;

use anyhow::{Context as _, Result, bail};
use program::Programs;
use std::process::ExitCode;
use test::Step;
use workspace::Workspace;

const USAGE: &str = "usage: cargo xtask COMMAND

  test [--only STEP]...   set up what the tests need, then run every check; the one command of developers and CI
  tidy                    check what compilers do not: dependency edges, the code map, file sizes, names, words
  generate [--check]      write docs/openapi.json and console/dist, or fail when they are out of date
  deploy                  render the Kubernetes manifests and check them against the Kubernetes types
  bench NAME [ARGS]...    run a benchmark from a release build (without NAME: list them)

steps of `test`, in order:";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        return Ok(usage());
    };
    let programs = Programs::new().context("cannot listen for Ctrl-C")?;
    let workspace = || Workspace::find(&programs);
    match (*command, rest) {
        ("test", rest) => test::run(&programs, &workspace()?, &chosen_steps(rest)?),
        ("tidy", []) => tidy::check(&programs, &workspace()?).map(|()| ExitCode::SUCCESS),
        ("generate", []) => generate::write(&programs, &workspace()?).map(|()| ExitCode::SUCCESS),
        ("generate", ["--check"]) => generate::check(&programs, &workspace()?).map(|()| ExitCode::SUCCESS),
        ("deploy", []) => deploy::run(&programs, &workspace()?).map(|()| ExitCode::SUCCESS),
        // How the step of `test` continues in the xtask that was built with the Kubernetes types.
        ("deploy", ["--built"]) => deploy::check_built(&programs, &workspace()?).map(|()| ExitCode::SUCCESS),
        ("bench", rest) => bench::run(&programs, &workspace()?, rest).map(|()| ExitCode::SUCCESS),
        _ => Ok(usage()),
    }
}

fn chosen_steps(arguments: &[&str]) -> Result<Vec<Step>> {
    arguments
        .chunks(2)
        .map(|pair| match pair {
            ["--only", name] => Step::named(name).with_context(|| format!("no step is called {name}")),
            _ => bail!("`test` takes only --only STEP"),
        })
        .collect()
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    for step in Step::ALL {
        eprintln!("  {:<10} {}", step.name(), step.what());
    }
    ExitCode::from(2)
}
