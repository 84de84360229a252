//! Aligned plain-text tables: words to the left, numbers to the right.

use std::fmt;

/// A table with a header; every row has as many cells.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column titles.
    #[must_use]
    pub fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|&title| title.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

/// Whether a cell reads as a number, so that it is aligned by its end.
fn is_numeric(cell: &str) -> bool {
    cell == "-" || cell.trim_end_matches('%').replace(',', "").parse::<f64>().is_ok()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |row: &Vec<String>, column: usize| row.get(column).map_or("", String::as_str).to_owned();
        let columns: Vec<(usize, bool)> = (0..self.header.len())
            .map(|column| {
                let all = std::iter::once(&self.header).chain(&self.rows);
                let width = all.map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
                (width, self.rows.iter().all(|row| is_numeric(&cell(row, column))))
            })
            .collect();
        for row in std::iter::once(&self.header).chain(&self.rows) {
            let cells = columns.iter().enumerate().map(|(column, &(width, numeric))| {
                let text = cell(row, column);
                if numeric { format!("{text:>width$}") } else { format!("{text:<width$}") }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_words_left_and_numbers_right() {
        let mut table = Table::new(&["series", "mase"]);
        table.row(vec!["meter_1".into(), "0.71".into()]);
        table.row(vec!["meter_10".into(), "-".into()]);
        assert_eq!(table.to_string(), "series    mase\nmeter_1   0.71\nmeter_10     -\n");
    }
}
