//! Reads an export entry by entry, so its memory use does not grow with the size of the export.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{FORMAT, InvalidEntry, LinkEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
use crate::storage::ExportChunk;

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It is not JSON, or has the wrong structure.
    #[error("the export is not valid JSON of the expected structure")]
    Json(#[from] serde_json::Error),
    /// An entry is invalid. `place` is its path.
    #[error("{place}.{error}")]
    Entry { place: String, error: InvalidEntry },
    /// Its format is unknown or missing.
    #[error("the export has an unsupported format")]
    Format,
}

/// Number of entries in an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
}

/// Reads an export and emits it in chunks, ending with [`ExportChunk::End`]. Stops without an error
/// when `emit` returns false.
pub(crate) fn read(
    reader: impl Read,
    emit: &mut dyn FnMut(ExportChunk) -> bool,
) -> Result<Totals, ReadError> {
    let mut reading = ExportReader {
        emit,
        totals: Totals::default(),
        is_our_format: None,
        rejection: None,
        is_receiver_open: true,
    };
    let mut input = serde_json::Deserializer::from_reader(reader);
    let done = (&mut reading)
        .deserialize(&mut input)
        .and_then(|()| input.end());
    if let Some(rejection) = reading.rejection.take() {
        return Err(rejection);
    }
    if reading.is_receiver_open {
        done?;
    }
    match reading.is_our_format {
        Some(true) => {
            (reading.emit)(ExportChunk::End);
            Ok(reading.totals)
        }
        _ if !reading.is_receiver_open => Ok(reading.totals),
        _ => Err(ReadError::Format),
    }
}

/// Entries per chunk.
const CHUNK: usize = 500;

/// Reads an export and tracks what it has seen.
struct ExportReader<'a> {
    emit: &'a mut dyn FnMut(ExportChunk) -> bool,
    totals: Totals,
    /// Whether the format is supported; `None` until it was read.
    is_our_format: Option<bool>,
    rejection: Option<ReadError>,
    is_receiver_open: bool,
}

impl<'de> DeserializeSeed<'de> for &mut ExportReader<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut ExportReader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "format" => self.check_format(&fields.next_value::<String>()?)?,
                "memories" => {
                    self.totals.memories += fields.next_value_seed(
                        Entries::<MemoryEntry, _>::new(self, "memories", ExportChunk::Memories),
                    )?;
                }
                "profiles" => {
                    self.totals.profiles += fields.next_value_seed(
                        Entries::<ProfileEntry, _>::new(self, "profiles", ExportChunk::Profiles),
                    )?;
                }
                "idempotency_keys" => {
                    fields.next_value_seed(Entries::<ReceiptEntry, _>::new(
                        self,
                        "idempotency_keys",
                        ExportChunk::Receipts,
                    ))?;
                }
                "links" => {
                    fields.next_value_seed(Entries::<LinkEntry, _>::new(
                        self,
                        "links",
                        ExportChunk::Links,
                    ))?;
                }
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl ExportReader<'_> {
    fn check_format<E: serde::de::Error>(&mut self, format: &str) -> Result<(), E> {
        self.is_our_format = Some(format == FORMAT);
        if format == FORMAT {
            return Ok(());
        }
        self.rejection = Some(ReadError::Format);
        Err(E::custom("unsupported format"))
    }

    fn send<E: serde::de::Error>(&mut self, chunk: ExportChunk) -> Result<(), E> {
        self.is_receiver_open = (self.emit)(chunk);
        if self.is_receiver_open {
            Ok(())
        } else {
            Err(E::custom("the receiver is closed"))
        }
    }
}

/// Deserializes a list of entries `E` into `T`s.
struct Entries<'r, 'a, E, T> {
    reading: &'r mut ExportReader<'a>,
    name: &'static str,
    into_chunk: fn(Vec<T>) -> ExportChunk,
    entry: PhantomData<E>,
}

impl<'r, 'a, E, T> Entries<'r, 'a, E, T> {
    fn new(
        reading: &'r mut ExportReader<'a>,
        name: &'static str,
        into_chunk: fn(Vec<T>) -> ExportChunk,
    ) -> Self {
        Self {
            reading,
            name,
            into_chunk,
            entry: PhantomData,
        }
    }
}

impl<'de, E: Deserialize<'de>, T: TryFrom<E, Error = InvalidEntry>> DeserializeSeed<'de>
    for Entries<'_, '_, E, T>
{
    type Value = u64;

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<u64, D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de, E: Deserialize<'de>, T: TryFrom<E, Error = InvalidEntry>> Visitor<'de>
    for Entries<'_, '_, E, T>
{
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u64, A::Error> {
        let mut chunk = Vec::new();
        let mut count = 0;
        while let Some(entry) = items.next_element::<E>()? {
            let entry = T::try_from(entry).map_err(|error| {
                self.reading.rejection = Some(ReadError::Entry {
                    place: format!("{}[{count}]", self.name),
                    error,
                });
                A::Error::custom("invalid entry")
            })?;
            chunk.push(entry);
            count += 1;
            if chunk.len() == CHUNK {
                self.reading
                    .send((self.into_chunk)(std::mem::take(&mut chunk)))?;
            }
        }
        if !chunk.is_empty() {
            self.reading.send((self.into_chunk)(chunk))?;
        }
        Ok(count)
    }
}
