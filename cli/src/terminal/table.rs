//! Tables of plain columns, wrapped to the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table as Grid};

use super::{FAINT, styled};

/// A table with a head.
pub(crate) struct Table(Grid);

impl Table {
    /// A table with these columns and no rows yet.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_preset(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_header(columns.iter().map(|column| styled(FAINT, column)));
        Self(grid)
    }

    /// A table without a head.
    pub(crate) fn plain() -> Self {
        let mut grid = Grid::new();
        grid.load_preset(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        Self(grid)
    }

    /// One row more.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.0
            .add_row(cells.into_iter().map(Into::into).collect::<Vec<String>>());
    }

    /// As text, without the spaces at the end of lines.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self
            .0
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.join("\n")
    }
}
