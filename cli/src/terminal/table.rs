//! Tables without borders, wrapped to the width of the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table as Grid};

use super::style::{FAINT, styled};

/// A borderless table.
pub(crate) struct Table(Grid);

impl Table {
    /// Creates an empty table with these column headings.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_preset(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_header(columns.iter().map(|column| styled(FAINT, column)));
        Self(grid)
    }

    /// Creates an empty table without headings.
    pub(crate) fn plain() -> Self {
        let mut grid = Grid::new();
        grid.load_preset(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        Self(grid)
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.0
            .add_row(cells.into_iter().map(Into::into).collect::<Vec<String>>());
    }

    /// Renders the table, without trailing spaces.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self
            .0
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.join("\n")
    }
}
