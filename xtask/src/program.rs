//! Runs other programs, never longer than they are allowed to, and takes them down on Ctrl-C.
//!
//! Each runs in a process group of its own, so that whatever it started ends with it.

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Variables that `cargo run` sets for us. Build scripts watch some of them: passed on, they would make a build
/// started here and one started by hand redo each other's work.
const SET_BY_CARGO_RUN: [&str; 6] =
    ["CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_PRIMARY_", "OUT_DIR"];

/// Starts programs and knows whether the user asked to stop.
pub(crate) struct Programs {
    interrupted: Arc<AtomicBool>,
}

impl Programs {
    pub(crate) fn new() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        Ok(Self { interrupted })
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Runs a program whose output goes to ours. Fails when it does, or when it is not over after `limit`.
    pub(crate) fn run(&self, command: &mut Command, limit: Duration) -> Result<()> {
        let shown = shown(command);
        let child = start(command, Stdio::inherit())?;
        let status = self.wait(child, &shown, limit)?;
        if !status.success() {
            bail!("`{shown}` failed: {status}");
        }
        Ok(())
    }

    /// As [`run`](Self::run), and gives back what the program writes to its standard output.
    pub(crate) fn output(&self, command: &mut Command, limit: Duration) -> Result<Vec<u8>> {
        let shown = shown(command);
        let mut child = start(command, Stdio::piped())?;
        let mut pipe = child.stdout.take().context("a piped standard output")?;
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| bytes)
        });
        let status = self.wait(child, &shown, limit)?;
        let Ok(bytes) = reader.join() else { bail!("reading the output of `{shown}` failed") };
        if !status.success() {
            bail!("`{shown}` failed: {status}");
        }
        bytes.with_context(|| format!("reading the output of `{shown}`"))
    }

    fn wait(&self, mut child: Child, shown: &str, limit: Duration) -> Result<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if self.interrupted() {
                end(&mut child);
                bail!("`{shown}` was interrupted");
            }
            if started.elapsed() > limit {
                end(&mut child);
                bail!("`{shown}` was stopped: not over after {} s", limit.as_secs());
            }
            std::thread::sleep(POLL);
        }
    }
}

/// The first folder of `PATH` that holds `name`.
pub(crate) fn find(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn start(command: &mut Command, stdout: Stdio) -> Result<Child> {
    for (name, _) in std::env::vars_os() {
        let inherited =
            name.to_str().is_some_and(|name| SET_BY_CARGO_RUN.iter().any(|prefix| name.starts_with(prefix)));
        if inherited {
            command.env_remove(&name);
        }
    }
    let shown = shown(command);
    command
        .stdin(Stdio::null())
        .stdout(stdout)
        .process_group(0)
        .spawn()
        .with_context(|| format!("`{shown}` cannot be started; is it installed?"))
}

/// Kills the group: nothing it may hold is worth a grace period.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended on its own in between, which is what was wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn tells_success_failure_absence_and_overrun_apart() {
        let programs = Programs::new().unwrap();
        let check = |mut command: Command, limit_ms: u64, expected: &str| {
            let result = programs.run(&mut command, Duration::from_millis(limit_ms));
            let message = result.map_or_else(|error| error.to_string(), |()| "success".to_owned());
            assert!(message.contains(expected), "{message:?} should contain {expected:?}");
        };
        check(shell("exit 0"), 10_000, "success");
        check(shell("exit 3"), 10_000, "exit status: 3");
        check(Command::new("no-such-program"), 10_000, "is it installed");
        check(shell("sleep 60 & wait"), 50, "was stopped");
    }

    #[test]
    fn gives_back_the_output() {
        let programs = Programs::new().unwrap();
        let output = programs.output(&mut shell("printf 'a b'"), Duration::from_secs(10)).unwrap();
        assert_eq!(output, b"a b");
    }
}
