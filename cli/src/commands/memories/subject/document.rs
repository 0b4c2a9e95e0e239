//! Writes a JSON object field by field, so that a caller's calls need not fit into memory at once.

use std::io::{self, Write};

use serde::Serialize;

/// A JSON object that is being written.
pub(super) struct Document<W> {
    out: W,
    is_first_field: bool,
}

impl<W: Write> Document<W> {
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self {
            out,
            is_first_field: true,
        })
    }

    pub(super) fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        self.value(value)
    }

    /// Starts a field that is a list. Its items are then written one by one.
    pub(super) fn list(&mut self, name: &str) -> io::Result<List<'_, W>> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        Ok(List {
            document: self,
            count: 0,
        })
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        self.out
            .write_all(if self.is_first_field { b"\n" } else { b",\n" })?;
        self.is_first_field = false;
        self.value(&name)?;
        self.out.write_all(b": ")
    }

    fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }
}

/// A list that is being written.
pub(super) struct List<'a, W> {
    document: &'a mut Document<W>,
    count: u64,
}

impl<W: Write> List<'_, W> {
    pub(super) fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.document
            .out
            .write_all(if self.count == 0 { b"\n" } else { b",\n" })?;
        self.count += 1;
        self.document.value(item)
    }

    /// Ends the list. Returns the number of items.
    pub(super) fn end(self) -> io::Result<u64> {
        self.document.out.write_all(b"]")?;
        Ok(self.count)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_document_with_fields_and_lists_is_valid_json() {
        let mut out = Vec::new();
        let mut document = Document::begin(&mut out).unwrap();
        document.field("a", &1).unwrap();
        let mut list = document.list("b").unwrap();
        list.item(&json!({"c": "d\n"})).unwrap();
        list.item(&2).unwrap();
        assert_eq!(list.end().unwrap(), 2);
        assert_eq!(document.list("e").unwrap().end().unwrap(), 0);
        document.end().unwrap();
        let read: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, json!({"a": 1, "b": [{"c": "d\n"}, 2], "e": []}));
    }
}
