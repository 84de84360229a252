//! Forecasting: models, how they are trained, judged, chosen and kept.
//!
//! A [`models::Model`] fits parameters to a panel of series. [`training::train`] fits it on the past of the panel,
//! measures it on the days that follow, and returns [`training::Trained`] forecasters whose intervals are the errors
//! made there. [`select`] keeps the best per series, [`backtest`] judges a whole procedure by rolling origins, and
//! [`registry`] keeps versions on disk.
//!
//! Nothing here reads a clock; only [`registry`] touches files.

pub mod artifact;
pub mod backtest;
mod bounds;
pub mod conformal;
pub mod drift;
mod effects;
mod history;
pub mod holidays;
mod kernels;
mod matrix;
pub mod models;
mod parallel;
pub mod registry;
mod scale;
pub mod score;
pub mod season;
pub mod select;
pub mod training;
pub mod tune;
pub mod tuned;

pub use history::{History, Past};
