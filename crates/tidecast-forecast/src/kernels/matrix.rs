//! How weights lie in memory, and how matrices are cut into tiles whose sums fit the registers.

use super::ALIGNMENT;

/// A matrix of weights with a row for each input and a column for each output. Columns come in groups of 16; a
/// group is one piece of memory in which row follows on row, and the last one is padded. Products forwards and backwards
/// and the gradients all run through such pieces from front to back, so that nothing is ever laid out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grouped {
    /// Inputs.
    pub(crate) rows: usize,
    /// Outputs.
    pub(crate) columns: usize,
}

impl Grouped {
    /// Numbers in memory, padding included.
    pub(crate) fn length(self) -> usize {
        self.rows * self.columns.next_multiple_of(ALIGNMENT)
    }

    /// Place of a weight.
    pub(crate) fn at(self, row: usize, column: usize) -> usize {
        let group = column / ALIGNMENT;
        (group * self.rows + row) * ALIGNMENT + column % ALIGNMENT
    }
}

/// Heights of tiles; as many rows as fit are taken at once, then fewer.
const HEIGHTS: [usize; 8] = [24, 16, 12, 8, 6, 4, 2, 1];

/// First row and height of each tile.
pub(super) fn tiles(rows: usize, tallest: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let height = HEIGHTS.into_iter().find(|height| *height <= tallest.min(rows - first))?;
        first += height;
        Some((first - height, height))
    })
}

/// Calls `$sum::<V, HEIGHT, $vectors...>($tile)` for a height, among those whose sums fit the registers of `V`.
macro_rules! by_height {
    ($height:expr, $fit:expr, $sum:ident::<$vector:ident, _ $(, $constant:ident)*>($tile:expr)) => {
        match $height {
            24 if $fit >= 24 => $sum::<$vector, 24 $(, $constant)*>($tile),
            16 if $fit >= 16 => $sum::<$vector, 16 $(, $constant)*>($tile),
            12 if $fit >= 12 => $sum::<$vector, 12 $(, $constant)*>($tile),
            8 if $fit >= 8 => $sum::<$vector, 8 $(, $constant)*>($tile),
            6 if $fit >= 6 => $sum::<$vector, 6 $(, $constant)*>($tile),
            4 if $fit >= 4 => $sum::<$vector, 4 $(, $constant)*>($tile),
            2 => $sum::<$vector, 2 $(, $constant)*>($tile),
            _ => $sum::<$vector, 1 $(, $constant)*>($tile),
        }
    };
}
pub(super) use by_height;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_tile() {
        let have: Vec<(usize, usize)> = tiles(201, 24).collect();
        assert_eq!(have[..8], std::array::from_fn::<_, 8, _>(|tile| (24 * tile, 24)));
        assert_eq!(have[8..], [(192, 8), (200, 1)]);
        assert_eq!(tiles(50, 12).last(), Some((48, 2)));
        assert_eq!(tiles(0, 12).count(), 0);
    }

    #[test]
    fn every_weight_has_a_place_of_its_own() {
        let matrix = Grouped { rows: 3, columns: 18 };
        let mut places: Vec<usize> = (0..54).map(|index| matrix.at(index / 18, index % 18)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!((places.len(), matrix.length()), (54, 96));
        assert!(places.iter().all(|place| *place < 96));
    }
}
