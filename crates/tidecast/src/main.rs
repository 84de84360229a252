//! The `tidecast` binary. Everything it does is in the library, so that tests and benchmarks can call it.

fn main() -> std::process::ExitCode {
    tidecast::commands::main()
}
