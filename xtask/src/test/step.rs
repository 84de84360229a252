//! The steps of `cargo xtask test`: their names, order, needs and commands.
//!
//! All commands on the workspace take the same features and profile, so that nothing is built twice.

use super::{Verdict, setup};
use crate::program::Programs;
use crate::workspace::Workspace;
use crate::{console, deploy, examples, generate, tidy};
use anyhow::Result;
use std::time::Duration;

/// The manifests are checked by code that only this feature builds.
const FEATURES: &str = "--features=xtask/kubernetes";

const MINUTE: Duration = Duration::from_secs(60);

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Setup,
    Format,
    Tidy,
    Clippy,
    Build,
    Generated,
    Tests,
    Browser,
    Examples,
    Deploy,
}

impl Step {
    /// Every step, in the order in which they run: what is quick and fails often comes first.
    pub(crate) const ALL: [Self; 10] = [
        Self::Setup,
        Self::Format,
        Self::Tidy,
        Self::Clippy,
        Self::Build,
        Self::Generated,
        Self::Tests,
        Self::Browser,
        Self::Examples,
        Self::Deploy,
    ];

    /// The step of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Format => "format",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Build => "build",
            Self::Generated => "generated",
            Self::Tests => "tests",
            Self::Browser => "browser",
            Self::Examples => "examples",
            Self::Deploy => "deploy",
        }
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Setup => "install what the tests need and is not there",
            Self::Format => "cargo fmt",
            Self::Tidy => "dependency edges, code map, file sizes, names, words",
            Self::Clippy => "no warnings in any target",
            Self::Build => "everything, once",
            Self::Generated => "docs/openapi.json and console/dist are up to date",
            Self::Tests => "unit, property and integration tests",
            Self::Browser => "the console in headless Chromium",
            Self::Examples => "the examples print what they should",
            Self::Deploy => "the Kubernetes manifests, rendered and checked",
        }
    }

    /// The steps without which this one cannot run.
    pub(super) fn needs(self) -> &'static [Self] {
        match self {
            Self::Setup | Self::Format | Self::Tidy | Self::Clippy | Self::Build => &[],
            Self::Examples => &[Self::Build],
            Self::Tests => &[Self::Setup],
            Self::Generated | Self::Browser | Self::Deploy => &[Self::Setup, Self::Build],
        }
    }

    pub(super) fn run(self, programs: &Programs, workspace: &Workspace) -> Result<Verdict> {
        let passed = |()| Verdict::Passed;
        match self {
            Self::Setup => setup::run(programs, workspace),
            Self::Format => programs.run(&mut workspace.cargo(["fmt", "--all", "--check"]), 2 * MINUTE).map(passed),
            Self::Tidy => tidy::check(programs, workspace).map(passed),
            Self::Clippy => {
                let arguments = ["clippy", "--workspace", "--all-targets", FEATURES, "--", "--deny=warnings"];
                programs.run(&mut workspace.cargo(arguments), 20 * MINUTE).map(passed)
            }
            Self::Build => {
                let arguments = ["build", "--workspace", "--all-targets", FEATURES];
                programs.run(&mut workspace.cargo(arguments), 30 * MINUTE).map(passed)
            }
            Self::Generated => generate::check_built(programs, workspace),
            Self::Tests => tests(programs, workspace).map(passed),
            Self::Browser => console::browser_tests(programs, workspace),
            Self::Examples => examples::check(programs, workspace).map(passed),
            Self::Deploy => deploy::check(programs, workspace),
        }
    }
}

/// With the programs that setup built for the tests on their path.
fn tests(programs: &Programs, workspace: &Workspace) -> Result<()> {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(workspace.tools());
    let mut command = workspace.cargo(["test", "--workspace", FEATURES]);
    programs.run(command.env("PATH", path), 30 * MINUTE)
}
