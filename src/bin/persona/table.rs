//! Tables for the terminal.

use std::fmt;

/// Rows under headings, in columns as wide as what stands in them; columns of numbers are set to the right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_uppercase).to_vec()] }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let cell = |row: &Vec<String>, column: usize| row.get(column).map_or("", String::as_str).to_owned();
        let width = |column| self.rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
        let is_number = |text: &String| text.is_empty() || text.parse::<f64>().is_ok();
        let numeric: Vec<bool> =
            (0..columns).map(|column| self.rows[1..].iter().all(|row| is_number(&cell(row, column)))).collect();
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for column in 0..columns {
                let (text, width) = (cell(row, column), widths[column]);
                line += &if numeric[column] { format!("{text:>width$}  ") } else { format!("{text:<width$}  ") };
            }
            writeln!(f, "  {}", line.trim_end())?;
        }
        Ok(())
    }
}
