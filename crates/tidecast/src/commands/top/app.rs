//! What the screen shows, and what keys and answers of the server change.

use super::super::instant;
use super::panel::{Panel, panels};
use crate::runtime::live::{Mode, Phase, Status};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Rates that are remembered of each source.
const REMEMBERED: usize = 20;
/// Bars of a sparkline, from the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const FASTEST: Duration = Duration::from_millis(super::FASTEST_MS as u64);
const SLOWEST: Duration = Duration::from_secs(60);

/// Everything on the screen.
pub(super) struct App {
    pub(super) server: String,
    pub(super) interval: Duration,
    pub(super) is_paused: bool,
    /// Which panel has the focus.
    pub(super) focus: usize,
    /// The chosen row of each panel.
    pub(super) rows: [usize; 3],
    pub(super) status: Option<Status>,
    /// Why there is no newer status.
    pub(super) trouble: Option<String>,
    rates: BTreeMap<String, VecDeque<f64>>,
}

impl App {
    pub(super) fn new(server: String, interval: Duration) -> Self {
        Self {
            server,
            interval,
            is_paused: false,
            focus: 0,
            rows: [0; 3],
            status: None,
            trouble: None,
            rates: BTreeMap::new(),
        }
    }

    /// Takes an answer of the server.
    pub(super) fn take(&mut self, answer: Result<Status, String>) {
        if self.is_paused {
            return;
        }
        let status = match answer {
            Ok(status) => status,
            Err(trouble) => {
                self.trouble = Some(trouble);
                return;
            }
        };
        self.rates.retain(|name, _| status.sources.iter().any(|source| source.name == *name));
        for source in &status.sources {
            let Some(rate) = source.rate else { continue };
            let rates = self.rates.entry(source.name.clone()).or_default();
            rates.push_back(rate);
            rates.drain(..rates.len().saturating_sub(REMEMBERED));
        }
        self.trouble = None;
        self.status = Some(status);
    }

    /// Takes a key; tells whether to go on.
    pub(super) fn press(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return false,
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('+') => self.interval = (self.interval * 2).min(SLOWEST),
            KeyCode::Char('-') => self.interval = (self.interval / 2).max(FASTEST),
            KeyCode::Tab | KeyCode::Right => self.focus = (self.focus + 1) % self.rows.len(),
            KeyCode::BackTab | KeyCode::Left => self.focus = (self.focus + self.rows.len() - 1) % self.rows.len(),
            KeyCode::Down => self.choose(self.rows[self.focus].saturating_add(1)),
            KeyCode::Up => self.choose(self.rows[self.focus].saturating_sub(1)),
            KeyCode::PageDown => self.choose(self.rows[self.focus].saturating_add(10)),
            KeyCode::PageUp => self.choose(self.rows[self.focus].saturating_sub(10)),
            _ => {}
        }
        true
    }

    fn choose(&mut self, row: usize) {
        let count = self.panels().map_or(0, |panels| panels[self.focus].rows.len());
        self.rows[self.focus] = row.min(count.saturating_sub(1));
    }

    /// The panels, with the course of each source's rate beside its present one.
    pub(super) fn panels(&self) -> Option<[Panel; 3]> {
        let mut panels = panels(self.status.as_ref()?, instant::clock);
        let sources = &mut panels[0];
        if let Some(place) = sources.header.iter().position(|title| *title == "rate") {
            sources.header.insert(place + 1, "course");
            for row in &mut sources.rows {
                let course = self.rates.get(&row[0]).map(sparkline).unwrap_or_default();
                row.insert(place + 1, course);
            }
        }
        Some(panels)
    }
}

/// Numbers as bars; the highest is that of the largest number.
fn sparkline(numbers: &VecDeque<f64>) -> String {
    let highest = numbers.iter().copied().fold(0.0, f64::max);
    let bar = |number: &f64| {
        let share = if highest > 0.0 { number / highest } else { 0.0 };
        BARS[((share * (BARS.len() - 1) as f64).round() as usize).min(BARS.len() - 1)]
    };
    numbers.iter().map(bar).collect()
}

/// What the process is, in a line.
pub(super) fn summary(status: &Status) -> String {
    let mode = match status.mode {
        Mode::Demo => "demo",
        Mode::Run => "run",
        Mode::Serve => "serve",
    };
    let phase = match status.phase {
        Phase::Starting => "starting",
        Phase::Loading => "loading",
        Phase::Fitting => "fitting",
        Phase::Live => "live",
        Phase::Ended => "ended",
        Phase::Failed => "failed",
    };
    let Status { version, series, samples, message, .. } = status;
    let message = if message.is_empty() { String::new() } else { format!("  {message}") };
    format!("tidecast {version} {mode}, {phase}: {series} series, {samples} samples{message}")
}
