//! What a benchmark prints: one row per figure, with the bar it must meet and the peer measured in the same run.

use std::fmt;

/// Which side of the bar is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    /// Throughput.
    Higher,
    /// Times, sizes, errors.
    Lower,
}

/// One measured figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What was measured, with the shape of the data.
    pub(crate) what: String,
    /// Ours.
    pub(crate) ours: f64,
    /// Unit of `ours`, `bar` and `peer`.
    pub(crate) unit: &'static str,
    /// The least that is acceptable, if the project sets itself one.
    pub(crate) bar: Option<f64>,
    /// Name and figure of the peer measured in the same run, if there is one.
    pub(crate) peer: Option<(String, f64)>,
    /// Which direction is better.
    pub(crate) better: Better,
}

/// All figures of one run, printed as an aligned table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Adds a figure.
    pub(crate) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Whether every figure with a bar meets it.
    #[must_use]
    pub(crate) fn meets_bars(&self) -> bool {
        self.figures.iter().all(|figure| figure.meets_bar() != Some(false))
    }
}

impl Figure {
    fn meets_bar(&self) -> Option<bool> {
        self.bar.map(|bar| match self.better {
            Better::Higher => self.ours >= bar,
            Better::Lower => self.ours <= bar,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["what", "ours", "bar", "met", "peer", "ours / peer"].map(str::to_owned);
        let rows = self.figures.iter().map(|figure| {
            let number = |value: f64| format!("{} {}", significant(value), figure.unit);
            let met = figure.meets_bar().map_or("-", |met| if met { "yes" } else { "NO" });
            let (peer, ratio) = figure.peer.as_ref().map_or_else(
                || ("-".to_owned(), "-".to_owned()),
                |(name, value)| (format!("{name}: {}", number(*value)), format!("{:.2}", figure.ours / value)),
            );
            let bar = figure.bar.map_or_else(|| "-".to_owned(), number);
            [figure.what.clone(), number(figure.ours), bar, met.to_owned(), peer, ratio]
        });
        let table: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        for row in &table {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// Three significant digits, with thousands separated.
fn significant(value: f64) -> String {
    if value.abs() >= 1_000.0 {
        let digits = format!("{value:.0}");
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
        return groups.join(",");
    }
    let decimals = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.decimals$}")
}
