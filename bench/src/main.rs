//! Benchmarks, each beside what our users run now: `cargo xtask bench NAME`.
//!
//! A benchmark measures one capability in one file, prints a [`report::Report`], and exits with 1 when a bar is missed.

mod accuracy;
mod autoscale;
mod build;
mod csv;
mod demo;
mod lstm;
mod meters;
mod peer;
mod process;
mod registry;
mod report;
mod standing;
mod store;
mod throughput;
mod windows;

use report::Report;

/// Measures and adds what came out to the report.
type Run = fn(&mut Report) -> anyhow::Result<()>;

/// Every benchmark: its name, what it measures, and the function that does.
const BENCHES: &[(&str, &str, Run)] = &[
    ("accuracy", "bundled meters beside LightGBM, ETTm1, M4-hourly", accuracy::run),
    (
        "autoscale",
        "recorded demand beside the HPA, KEDA and others; decisions of upstream's HPA; planning",
        autoscale::run,
    ),
    ("build", "cold release build", build::run),
    ("csv", "CSV ingest, the reader alone and into the store", csv::run),
    ("demo", "first forecasts, console start", demo::run),
    ("lstm", "training of the original systems' LSTMs, beside PyTorch and Keras", lstm::run),
    ("registry", "champions read at a restart", registry::run),
    ("standing", "the next day of 2,000 series, every minute", standing::run),
    ("store", "embedded store: load, small batches, size, reads, memory", store::run),
    ("throughput", "statistical models, series in a CPU second, beside statsforecast", throughput::run),
    ("windows", "antenna messages into windows: speed, memory and sketches, beside PySpark", windows::run),
];

fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, _, run)) = BENCHES.iter().find(|(have, _, _)| *have == name) else {
        eprintln!("usage: cargo xtask bench NAME, with one of");
        for (name, what, _) in BENCHES {
            eprintln!("  {name:<10} {what}");
        }
        std::process::exit(2);
    };
    let mut report = Report::default();
    run(&mut report)?;
    print!("{report}");
    if !report.meets_bars() {
        std::process::exit(1);
    }
    Ok(())
}
