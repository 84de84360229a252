//! Replays of recorded demand.

pub mod report;
