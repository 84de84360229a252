//! Our own loops over 32-bit numbers, for networks whose matrices are too small for general libraries.
//!
//! All windows of a batch lie side by side in the lanes of registers: a row of numbers is one unit or gate for 16 or 32
//! windows, its *width*. So no layer size wastes lanes, and everything element by element is plain. Each kernel is
//! written once over [`vector::Vector`] and compiled for each instruction set; the processor is asked at run time.

mod adam;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod buffer;
mod cell;
mod dispatch;
mod gradient;
mod instructions;
mod matrix;
mod product;
mod rectifier;
mod single;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use adam::{AdamStep, adam};
pub(crate) use buffer::Buffer;
pub(crate) use cell::{CellBackward, CellForward, cell_backward, cell_forward};
pub(crate) use gradient::{Gradients, Transposed, weight_gradient};
pub use instructions::Instructions;
pub(crate) use matrix::{Grouped, Weights};
pub(crate) use product::{product, product_back};
pub(crate) use rectifier::{rectify, rectify_gradient};
pub(crate) use single::product_of_one;

/// Rows of weights are padded to a multiple of this, the widest register.
pub(crate) const ALIGNMENT: usize = 16;
