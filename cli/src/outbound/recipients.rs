//! A list of recipients as ElevenLabs' batch upload takes it: a CSV file with the column
//! `phone_number`. Every other column is a dynamic variable of that name, but for those that
//! override the agent, such as `first_message`.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use serde_json::Value;

/// The columns that name who is called, the first that is there.
const NUMBER: [&str; 2] = ["phone_number", "whatsapp_user_id"];
/// The column that overrides the agent's first message, where the operator delivers greetings so.
const FIRST_MESSAGE: &str = "first_message";

/// A list, with the columns it came with.
pub(super) struct Recipients {
    form: Form,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    number: usize,
}

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    delimiter: u8,
    ends_in_crlf: bool,
}

/// Why a list cannot be read. No cell is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NoText,
    Row(u64),
    NoNumber,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoText => f.write_str("is not text in UTF-8; save it as CSV UTF-8"),
            Self::Row(line) => write!(f, "cannot be read from line {line} on"),
            Self::NoNumber => f.write_str("has no column phone_number"),
        }
    }
}

impl Recipients {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::NoText)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let form = Form::of(text);
        let mut reader = ReaderBuilder::new();
        let reader = reader
            .delimiter(form.delimiter)
            .has_headers(false)
            .flexible(true);
        let mut records = reader.from_reader(text.as_bytes()).into_records();
        let header = records
            .next()
            .ok_or(Fault::NoNumber)?
            .map_err(|error| row(&error))?;
        let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let place = |wanted: &&str| {
            header
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let number = NUMBER.iter().find_map(place).ok_or(Fault::NoNumber)?;
        let rows = records.map(|record| record.map(|record| cells(&record, header.len())));
        let mut rows: Vec<Vec<String>> = rows
            .collect::<Result<_, _>>()
            .map_err(|error| row(&error))?;
        // Rows that an editor leaves at the end of a sheet.
        rows.retain(|cells| cells.iter().any(|cell| !cell.trim().is_empty()));
        Ok(Self {
            form,
            header,
            rows,
            number,
        })
    }

    /// Who is called, row by row.
    pub(super) fn numbers(&self) -> Vec<String> {
        self.rows
            .iter()
            .map(|cells| cells[self.number].trim().to_owned())
            .collect()
    }

    /// Adds the variables of each row as columns. A cell that the operator filled stays as it is.
    pub(super) fn add(&mut self, data: &[Value]) {
        let first_message = |data: &Value| {
            data.pointer("/conversation_config_override/agent/first_message")
                .cloned()
        };
        // In an upload a column holds for every row: who is not overridden hears the greeting that
        // is the agent's own.
        let overrides = data.iter().any(|data| first_message(data).is_some());
        for (at, data) in data.iter().enumerate() {
            let nothing = serde_json::Map::new();
            let variables = data["dynamic_variables"].as_object().unwrap_or(&nothing);
            for (name, value) in variables {
                self.fill(at, name, value);
            }
            if overrides {
                let message = first_message(data)
                    .unwrap_or_else(|| data["dynamic_variables"]["greeting"].clone());
                self.fill(at, FIRST_MESSAGE, &message);
            }
        }
    }

    fn fill(&mut self, row: usize, name: &str, value: &Value) {
        let column = self.column(name);
        let cell = &mut self.rows[row][column];
        if cell.trim().is_empty() {
            *cell = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
        }
    }

    fn column(&mut self, name: &str) -> usize {
        if let Some(at) = self.header.iter().position(|column| column == name) {
            return at;
        }
        self.header.push(name.to_owned());
        self.rows
            .iter_mut()
            .for_each(|cells| cells.push(String::new()));
        self.header.len() - 1
    }

    /// The list in the form it came in, without a byte order mark: it would become part of the
    /// first column's name.
    pub(super) fn text(&self) -> String {
        let end = if self.form.ends_in_crlf {
            Terminator::CRLF
        } else {
            Terminator::Any(b'\n')
        };
        let mut writer = WriterBuilder::new()
            .delimiter(self.form.delimiter)
            .terminator(end)
            .from_writer(Vec::new());
        for cells in std::iter::once(&self.header).chain(&self.rows) {
            // Memory takes whatever is written.
            let _ = writer.write_byte_record(&cells.iter().collect::<ByteRecord>());
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Form {
    /// By the first line: spreadsheets of many countries write semicolons.
    fn of(text: &str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let mut is_quoted = false;
        let outside = first.chars().filter(|c| {
            is_quoted ^= *c == '"';
            !is_quoted
        });
        let outside: String = outside.collect();
        let count = |sign: char| outside.matches(sign).count();
        let delimiter = [';', '\t']
            .into_iter()
            .max_by_key(|sign| count(*sign))
            .filter(|sign| count(*sign) > count(','));
        Self {
            delimiter: delimiter.map_or(b',', |sign| sign as u8),
            ends_in_crlf: text.contains("\r\n"),
        }
    }
}

fn cells(record: &StringRecord, columns: usize) -> Vec<String> {
    let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
    cells.resize(columns, String::new());
    cells
}

fn row(error: &csv::Error) -> Fault {
    Fault::Row(error.position().map_or(0, csv::Position::line))
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
    fn a_list_of_recipients_comes_back_with_a_column_more() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/recipients.json")).unwrap();
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
    fn where_a_greeting_overrides_the_first_message_every_row_has_one() {
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
            Some(Fault::NoText)
        );
    }
}
