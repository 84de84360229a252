//! What runs inside the process: sources flow into the store, forecasts are kept fresh, and [`live`] says how it goes.

pub mod clock;
pub mod collect;
pub mod forecasting;
pub mod host;
pub mod ingest;
pub mod listen;
pub mod live;
pub mod polling;
pub mod recording;
pub mod rehearsal;
pub mod replay;
pub mod stewardship;
pub mod stream;
