//! Tests of the domain from outside.

mod window;
