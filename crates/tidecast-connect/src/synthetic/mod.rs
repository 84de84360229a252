//! Made-up data with known properties: messages of antennas, some of which are at fault.
//!
//! Everything is a function of the options, the seed and the time that the caller says: a run can be repeated exactly, and
//! nothing here sends anything.

mod antennas;
mod fault;
mod message;
mod random;
mod stream;

pub use antennas::{AntennaOptions, Antennas};
pub use fault::{Fault, FaultKind, ParseFaultError};
pub use message::AntennaMessage;
pub use stream::AntennaStream;
