//! What the kernel counts of this process: processor time and memory.

use anyhow::{Context, Result};

/// Time that this thread has run.
pub(crate) fn thread_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("this benchmark needs Linux")?;
    let nanoseconds: f64 = text.split_whitespace().next().context("schedstat is empty")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory that was ever resident, in bytes.
pub(crate) fn peak_bytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("this benchmark needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kibibytes: f64 = line.split_whitespace().next().context("VmHWM is empty")?.parse()?;
    Ok(kibibytes * 1024.0)
}
