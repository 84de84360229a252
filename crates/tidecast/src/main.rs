//! The `tidecast` binary.

fn main() {}
