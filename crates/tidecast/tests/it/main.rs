//! Integration tests: the binary and the API as users meet them.

mod cli;
mod live;
mod process;
