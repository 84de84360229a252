//! The store from outside: what it keeps, and what it survives.

mod crash;
mod damage;
mod disk_full;
mod fixture;
mod kill;
mod model;
mod open;
mod simulated;
mod world;
