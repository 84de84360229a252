//! Tests of the domain from outside.

mod transform;
mod window;
