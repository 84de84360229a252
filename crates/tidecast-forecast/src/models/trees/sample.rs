//! Drawing the rows that trees learn from: a bounded number, spread over all series, origins and steps ahead.

use super::bins::Bins;
use super::design::Design;
use super::layout::Layout;
use super::random::draw;
use super::table::Table;

/// A row to be: an origin of a series and a step ahead of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) series: u32,
    pub(super) origin: u32,
    pub(super) ahead: u32,
}

/// A series to draw from.
pub(super) struct Source<'a> {
    pub(super) design: Design,
    /// The values as observed: what is missing (NaN) is no target.
    pub(super) actual: &'a [f64],
}

/// About `most` cells, as many of each series as there are or is room for, oldest first within each: origins evenly
/// spread, steps ahead at random.
pub(super) fn cells(sources: &[Source<'_>], layout: &Layout, most: usize, seed: u64) -> Vec<Cell> {
    let room = most.div_ceil(sources.len().max(1));
    let mut cells = Vec::with_capacity(most + sources.len());
    for (series, source) in sources.iter().enumerate() {
        let first = layout.memory();
        let origins = (source.design.len() + 1).saturating_sub(first + layout.horizon);
        let count = room.min(origins * layout.horizon);
        let seed = draw(seed, series as u64);
        for number in 0..count {
            let origin = first + number * origins / count;
            let ahead = draw(seed, number as u64) as usize % layout.horizon;
            if source.actual.get(origin + ahead).is_some_and(|value| value.is_finite()) {
                cells.push(Cell { series: series as u32, origin: origin as u32, ahead: ahead as u32 });
            }
        }
    }
    cells
}

/// The cells apart that forecast the newest `share` of each series, and those whose targets lie before it.
pub(super) fn apart(sources: &[Source<'_>], layout: &Layout, cells: &[Cell], share: f64) -> [Vec<Cell>; 2] {
    let starts: Vec<u32> = sources
        .iter()
        .map(|source| {
            let (first, end) = (layout.memory(), source.design.len());
            (end - (end.saturating_sub(first) as f64 * share) as usize) as u32
        })
        .collect();
    let start = |cell: &Cell| starts.get(cell.series as usize).copied().unwrap_or(0);
    let newest = cells.iter().filter(|cell| cell.origin >= start(cell));
    let older = cells.iter().filter(|cell| cell.origin + cell.ahead < start(cell));
    [newest.copied().collect(), older.copied().collect()]
}

/// Writes the inputs of a cell, and returns its target.
fn write(sources: &[Source<'_>], layout: &Layout, cell: Cell, row: &mut [f32]) -> f32 {
    let Some(source) = sources.get(cell.series as usize) else { return 0.0 };
    let (origin, ahead) = (cell.origin as usize, cell.ahead as usize);
    let (shared, own) = row.split_at_mut(layout.shared());
    source.design.write_shared(origin, shared);
    source.design.write_ahead(origin, ahead, own);
    (source.design.value(origin + ahead) - source.design.level(origin)) as f32
}

/// The edges of the bins, from at most `most` of the cells.
pub(super) fn bins(sources: &[Source<'_>], layout: &Layout, cells: &[Cell], most: usize) -> Bins {
    let width = layout.width();
    let stride = cells.len().div_ceil(most).max(1);
    let chosen = cells.iter().step_by(stride);
    let mut rows = vec![0.0; chosen.len() * width];
    for (cell, row) in chosen.zip(rows.chunks_exact_mut(width)) {
        write(sources, layout, *cell, row);
    }
    Bins::learn(&rows, width)
}

/// The binned rows of cells.
pub(super) fn table(sources: &[Source<'_>], layout: &Layout, bins: &Bins, cells: impl Iterator<Item = Cell>) -> Table {
    let mut table = Table::new(layout.width());
    let mut row = vec![0.0; layout.width()];
    for cell in cells {
        let target = write(sources, layout, cell, &mut row);
        table.push(bins, &row, target);
    }
    table
}
