//! The store from outside: what it keeps, and what it survives.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails fails the test")]

mod concurrent;
mod crash;
mod damage;
mod disk_full;
mod fixture;
mod kill;
mod model;
mod open;
mod simulated;
mod states;
mod windows;
mod world;
mod writer_gone;
