//! The drawing of the screen.

use super::app::{App, summary};
use super::panel::Panel;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Row, Table, TableState};

/// Border above and below, and the header.
const FRAME: u16 = 3;
/// Border left and right.
const SIDES: u16 = 2;
/// With fewer rows than these a table is of no use.
const ROWS_MIN: u16 = 2;

/// Draws it all.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let [head, note, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(frame.area());
    let title = app.status.as_ref().map_or_else(|| "tidecast".to_owned(), summary);
    frame.render_widget(Line::styled(title, Style::new().add_modifier(Modifier::BOLD)), head);
    frame.render_widget(trouble(app), note);
    if let Some(mut panels) = app.panels() {
        panels.iter_mut().for_each(|panel| panel.fit(usize::from(body.width.saturating_sub(SIDES))));
        let areas = Layout::vertical(heights(&panels, body.height, app.focus)).split(body);
        for (place, (panel, &area)) in panels.iter().zip(areas.iter()).enumerate() {
            let chosen = (place == app.focus).then(|| app.rows[place]);
            draw_panel(frame, panel, area, chosen);
        }
    }
    let paused = if app.is_paused { "PAUSED, " } else { "" };
    let keys = "q quit  tab panel  arrows row  p pause  +/- interval";
    let interval = app.interval.as_secs_f64();
    frame.render_widget(Line::from(format!("{paused}every {interval}s from {}   {keys}", app.server)), foot);
}

fn trouble(app: &App) -> Line<'static> {
    match (&app.trouble, &app.status) {
        (Some(trouble), _) => Line::styled(format!("AWAY, trying again: {trouble}"), Style::new().fg(Color::Red)),
        (None, None) => Line::from(format!("asking {}", app.server)),
        (None, Some(_)) => Line::default(),
    }
}

/// As high as the rows need where all fit; otherwise those that need more than a third share what is left. Where that is too
/// little for each, the chosen one has it all, and the others show their titles.
fn heights(panels: &[Panel; 3], available: u16, focus: usize) -> [Constraint; 3] {
    let needs =
        panels.each_ref().map(|panel| u16::try_from(panel.rows.len()).unwrap_or(u16::MAX).saturating_add(FRAME));
    let all = needs.iter().fold(0, |all: u16, need| all.saturating_add(*need));
    if all > available && available / 3 < FRAME + ROWS_MIN {
        return [0, 1, 2].map(|place| if place == focus { Constraint::Fill(1) } else { Constraint::Length(1) });
    }
    needs.map(|need| match all <= available || need <= available / 3 {
        true => Constraint::Length(need),
        false => Constraint::Fill(1),
    })
}

/// `chosen` is the chosen row, if the panel has the focus.
fn draw_panel(frame: &mut Frame<'_>, panel: &Panel, area: Rect, chosen: Option<usize>) {
    let width = |column: usize| u16::try_from(panel.column_width(column)).unwrap_or(u16::MAX);
    let last = panel.header.len() - 1;
    let widths = (0..=last).map(|column| match column == last {
        true => Constraint::Fill(1),
        false => Constraint::Length(width(column)),
    });
    let style = if chosen.is_some() { Style::new().fg(Color::Cyan) } else { Style::new() };
    let borders = if area.height > 1 { Borders::ALL } else { Borders::TOP };
    let title = format!(" {} ({}) ", panel.title, panel.rows.len());
    let rows = panel.rows.iter().map(|row| Row::new(row.iter().map(String::as_str)));
    let table = Table::new(rows, widths)
        .header(Row::new(panel.header.iter().copied()).style(Style::new().add_modifier(Modifier::BOLD)))
        .block(Block::new().borders(borders).title(title).border_style(style))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(chosen);
    frame.render_stateful_widget(table, area, &mut state);
}
