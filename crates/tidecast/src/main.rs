//! The `tidecast` binary. Everything it does is in the library, so that tests and benchmarks can call it.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tidecast::commands::main()
}
