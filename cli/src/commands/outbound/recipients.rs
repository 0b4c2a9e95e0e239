//! A list of recipients in the form of ElevenLabs' batch upload: a CSV file with the column
//! `phone_number`. Some other columns, such as `first_message`, override the agent; every remaining
//! column is a dynamic variable of that name.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use serde_json::Value;

/// The columns that can hold the recipient, in order of preference.
const NUMBER_COLUMNS: [&str; 2] = ["phone_number", "whatsapp_user_id"];
/// The column that overrides the agent's first message. It is filled when the deployment delivers
/// greetings as overrides.
const FIRST_MESSAGE: &str = "first_message";

/// A parsed list of recipients with all its columns.
pub(super) struct Recipients {
    format: Format,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    number_column: usize,
}

/// The CSV dialect of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    delimiter: u8,
    ends_in_crlf: bool,
}

/// Why a list cannot be parsed. No variant contains the content of a cell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecipientsError {
    NotUtf8,
    /// The line at which parsing failed.
    InvalidRow(u64),
    NoNumberColumn,
}

impl fmt::Display for RecipientsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("is not text in UTF-8; save it as CSV UTF-8"),
            Self::InvalidRow(line) => write!(f, "cannot be read from line {line} on"),
            Self::NoNumberColumn => f.write_str("has no column phone_number"),
        }
    }
}

impl Recipients {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, RecipientsError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RecipientsError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let format = Format::detect(text);
        let mut records = ReaderBuilder::new()
            .delimiter(format.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .into_records();
        let header: Vec<String> = records
            .next()
            .ok_or(RecipientsError::NoNumberColumn)?
            .map_err(|error| invalid_row(&error))?
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let number_column = find_number_column(&header).ok_or(RecipientsError::NoNumberColumn)?;
        let mut rows = records
            .map(|record| record.map(|record| cells(&record, header.len())))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| invalid_row(&error))?;
        // Spreadsheet programs leave empty rows at the end.
        rows.retain(|cells| cells.iter().any(|cell| !cell.trim().is_empty()));
        Ok(Self {
            format,
            header,
            rows,
            number_column,
        })
    }

    /// Returns the recipient of each row.
    pub(super) fn numbers(&self) -> Vec<String> {
        self.rows
            .iter()
            .map(|cells| cells[self.number_column].trim().to_owned())
            .collect()
    }

    /// Adds the client data of each row as columns. A cell that is already filled does not change.
    pub(super) fn add(&mut self, data: &[Value]) {
        // In an upload, a column applies to every row. So a recipient without an override gets the
        // agent's own greeting as first message.
        let overrides = data.iter().any(|data| first_message(data).is_some());
        for (row, data) in data.iter().enumerate() {
            let no_variables = serde_json::Map::new();
            let variables = data["dynamic_variables"]
                .as_object()
                .unwrap_or(&no_variables);
            for (name, value) in variables {
                self.fill(row, name, value);
            }
            if overrides {
                let message = first_message(data).unwrap_or(&data["dynamic_variables"]["greeting"]);
                self.fill(row, FIRST_MESSAGE, message);
            }
        }
    }

    /// Fills an empty cell.
    fn fill(&mut self, row: usize, name: &str, value: &Value) {
        let column = self.column(name);
        let cell = &mut self.rows[row][column];
        if cell.trim().is_empty() {
            *cell = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
        }
    }

    /// Returns the index of a column. Adds the column if it is missing.
    fn column(&mut self, name: &str) -> usize {
        if let Some(index) = self.header.iter().position(|column| column == name) {
            return index;
        }
        self.header.push(name.to_owned());
        self.rows
            .iter_mut()
            .for_each(|cells| cells.push(String::new()));
        self.header.len() - 1
    }

    /// Writes the list in the format that it was read in. Omits a byte order mark, which would become
    /// part of the first column's name.
    pub(super) fn text(&self) -> String {
        let terminator = if self.format.ends_in_crlf {
            Terminator::CRLF
        } else {
            Terminator::Any(b'\n')
        };
        let mut writer = WriterBuilder::new()
            .delimiter(self.format.delimiter)
            .terminator(terminator)
            .from_writer(Vec::new());
        for cells in std::iter::once(&self.header).chain(&self.rows) {
            // Writing to memory cannot fail.
            let _ = writer.write_byte_record(&cells.iter().collect::<ByteRecord>());
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Format {
    /// Detects the delimiter from the first line: spreadsheet programs write semicolons in many
    /// countries.
    fn detect(text: &str) -> Self {
        let first_line = text.lines().next().unwrap_or_default();
        let mut is_quoted = false;
        let unquoted: String = first_line
            .chars()
            .filter(|c| {
                is_quoted ^= *c == '"';
                !is_quoted
            })
            .collect();
        let count = |delimiter: char| unquoted.matches(delimiter).count();
        let delimiter = [';', '\t']
            .into_iter()
            .max_by_key(|delimiter| count(*delimiter))
            .filter(|delimiter| count(*delimiter) > count(','));
        Self {
            delimiter: delimiter.map_or(b',', |delimiter| delimiter as u8),
            ends_in_crlf: text.contains("\r\n"),
        }
    }
}

fn find_number_column(header: &[String]) -> Option<usize> {
    NUMBER_COLUMNS.iter().find_map(|wanted| {
        header
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wanted))
    })
}

/// Returns the greeting that overrides the agent's first message.
fn first_message(data: &Value) -> Option<&Value> {
    data.pointer("/conversation_config_override/agent/first_message")
}

/// Returns the cells of a row, padded with empty ones up to the number of columns.
fn cells(record: &StringRecord, columns: usize) -> Vec<String> {
    let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
    cells.resize(columns, String::new());
    cells
}

fn invalid_row(error: &csv::Error) -> RecipientsError {
    RecipientsError::InvalidRow(error.position().map_or(0, csv::Position::line))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        csv: String,
        #[serde(default)]
        numbers: Vec<String>,
        #[serde(default)]
        with_greetings: String,
        error: Option<String>,
    }

    #[test]
    fn variables_are_added_to_a_list_as_columns() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../../tests/cases/recipients.json")).unwrap();
        assert!(cases.len() > 7);
        for case in cases {
            match (Recipients::read(case.csv.as_bytes()), case.error) {
                (Ok(mut list), None) => {
                    assert_eq!(list.numbers(), case.numbers, "{}", case.name);
                    let data = |at: usize| json!({"dynamic_variables": {"greeting": format!("Hello, {at}!")}});
                    list.add(&(1..=case.numbers.len()).map(data).collect::<Vec<_>>());
                    assert_eq!(list.text(), case.with_greetings, "{}", case.name);
                }
                (Err(fault), Some(error)) => assert_eq!(fault.to_string(), error, "{}", case.name),
                (read, _) => panic!("{}: {:?}", case.name, read.err()),
            }
        }
    }

    #[test]
    fn if_one_greeting_overrides_the_first_message_every_row_gets_a_first_message() {
        let mut list =
            Recipients::read(b"phone_number,first_message\n+1,\n+2,\n+3,Mine\n").unwrap();
        let data = |message: Option<&str>| {
            let overridden = message.map(|message| json!({"agent": {"first_message": message}}));
            json!({"dynamic_variables": {"greeting": "Hello!"}, "conversation_config_override": overridden})
        };
        list.add(&[data(Some("Welcome back!")), data(None), data(None)]);
        assert_eq!(
            list.text(),
            "phone_number,first_message,greeting\n+1,Welcome back!,Hello!\n+2,Hello!,Hello!\n+3,Mine,Hello!\n"
        );
        assert_eq!(
            Recipients::read(b"phone_number\n\xff\n").err(),
            Some(RecipientsError::NotUtf8)
        );
    }
}
