//! The rows that trees learn from and answer: binned inputs, laid out for both uses.

use super::bins::Bins;

/// Rows that a tree answers at a time.
pub(super) const BLOCK: usize = 64;

/// Binned rows in blocks of [`BLOCK`], inputs one after the other within a block: what a tree answers many at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    width: usize,
    rows: usize,
    /// `codes[(block * width + input) * BLOCK + row]`.
    codes: Vec<u8>,
}

impl Blocks {
    /// No rows yet, of `width` inputs.
    pub(super) fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Appends a row of codes.
    pub(super) fn push(&mut self, row: &[u8]) {
        let (block, slot) = (self.rows / BLOCK, self.rows % BLOCK);
        if slot == 0 {
            self.codes.resize((block + 1) * self.width * BLOCK, 0);
        }
        let start = block * self.width * BLOCK;
        for (input, code) in row.iter().take(self.width).enumerate() {
            self.codes[start + input * BLOCK + slot] = *code;
        }
        self.rows += 1;
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The inputs of a block, for each the codes of its rows.
    pub(super) fn block(&self, block: usize) -> &[[u8; BLOCK]] {
        let all = self.codes.as_chunks().0;
        all.get(block * self.width..(block + 1) * self.width).unwrap_or_default()
    }
}

/// Binned rows with their targets.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Inputs of a row.
    pub(super) width: usize,
    /// Row-major codes, for histograms.
    pub(super) codes: Vec<u8>,
    /// The same in blocks, for answers.
    pub(super) blocks: Blocks,
    /// What to explain, one for each row.
    pub(super) targets: Vec<f32>,
}

impl Table {
    /// No rows yet, of `width` inputs.
    pub(super) fn new(width: usize) -> Self {
        Self { width, codes: Vec::new(), blocks: Blocks::new(width), targets: Vec::new() }
    }

    /// Appends a row.
    pub(super) fn push(&mut self, bins: &Bins, row: &[f32], target: f32) {
        let start = self.codes.len();
        self.codes.extend(row.iter().enumerate().map(|(input, value)| bins.code(input, *value)));
        self.blocks.push(&self.codes[start..]);
        self.targets.push(target);
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.targets.len()
    }

    /// The codes of a row.
    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.codes[row * self.width..(row + 1) * self.width]
    }
}
