//! Windows of event time over a stream of records: per key and over all keys, in bounded memory, exact after a restart.
//!
//! A [`WindowSpec`] says what to compute, and becomes a [`WindowPlan`]. [`Windows`] is the state. What a batch of records adds
//! to it is a [`Partial`]: it is what the caller journals, and what several workers hand to one merger. Applying partials
//! gives [`ClosedWindow`]s; the same partials in the same order give the same state and the same windows, bit for bit, so
//! that a snapshot and the partials since then are all that a restart needs.
//!
//! Time is event time: the watermark is the newest time seen less the lateness that is allowed, and a window is closed once
//! the watermark has reached its end. Windows are merges of panes, one for each slide, so that a record is aggregated
//! once however many windows it belongs to.

mod aggregates;
mod closed;
mod closing;
mod codec;
mod collect;
mod distinct;
mod engine;
mod expression;
mod hash;
mod key;
mod partial;
mod plan;
mod sketch;
mod snapshot;
mod spec;
mod sum;

pub use closed::ClosedWindow;
pub use codec::DecodeError;
pub use distinct::Distinct;
pub use engine::Windows;
pub use expression::{Expression, ParseExpressionError};
pub use key::Key;
pub use partial::Partial;
pub use plan::WindowPlan;
pub use sketch::Sketch;
pub use spec::{CORRECTABLE_WINDOWS, Measure, PANES_MAX, SpecError, WindowSpec};
pub use sum::Sum;
