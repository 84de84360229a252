//! What runs inside the process: sources flow into the store, forecasts are kept fresh, and [`live`] says how it goes.

pub mod live;
