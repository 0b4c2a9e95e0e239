//! Reading an export entry by entry: what it takes does not grow with what is in it.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{FORMAT, InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
use crate::storage::Piece;

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It is no JSON, or has another shape.
    #[error("the export has another shape")]
    Json(#[from] serde_json::Error),
    /// The entry at that place is refused.
    #[error("{place}.{error}")]
    Entry { place: String, error: InvalidEntry },
    /// It is of another format, or says none.
    #[error("the export is of another format")]
    Format,
}

/// How much was in an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
}

/// Reads an export and hands on its parts, ending with [`Piece::End`]; stops quietly when `emit`
/// answers false.
pub(crate) fn read(
    reader: impl Read,
    emit: &mut dyn FnMut(Piece) -> bool,
) -> Result<Totals, ReadError> {
    let mut reading = Reading {
        emit,
        totals: Totals::default(),
        is_known: None,
        refusal: None,
        listens: true,
    };
    let mut input = serde_json::Deserializer::from_reader(reader);
    let done = (&mut reading)
        .deserialize(&mut input)
        .and_then(|()| input.end());
    if let Some(refusal) = reading.refusal.take() {
        return Err(refusal);
    }
    if reading.listens {
        done?;
    }
    match reading.is_known {
        Some(true) => {
            (reading.emit)(Piece::End);
            Ok(reading.totals)
        }
        _ if !reading.listens => Ok(reading.totals),
        _ => Err(ReadError::Format),
    }
}

/// Entries that are handed on together.
const CHUNK: usize = 500;

struct Reading<'a> {
    emit: &'a mut dyn FnMut(Piece) -> bool,
    totals: Totals,
    /// Whether the format is ours, once it was said.
    is_known: Option<bool>,
    refusal: Option<ReadError>,
    listens: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Reading<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "format" => self.take_format(&fields.next_value::<String>()?)?,
                "memories" => {
                    self.totals.memories += fields.next_value_seed(
                        Entries::<MemoryEntry, _>::new(self, "memories", Piece::Memories),
                    )?;
                }
                "profiles" => {
                    self.totals.profiles += fields.next_value_seed(
                        Entries::<ProfileEntry, _>::new(self, "profiles", Piece::Profiles),
                    )?;
                }
                "idempotency_keys" => {
                    fields.next_value_seed(Entries::<ReceiptEntry, _>::new(
                        self,
                        "idempotency_keys",
                        Piece::Receipts,
                    ))?;
                }
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl Reading<'_> {
    fn take_format<E: serde::de::Error>(&mut self, format: &str) -> Result<(), E> {
        self.is_known = Some(format == FORMAT);
        if format == FORMAT {
            return Ok(());
        }
        self.refusal = Some(ReadError::Format);
        Err(E::custom("another format"))
    }

    fn hand_on<E: serde::de::Error>(&mut self, piece: Piece) -> Result<(), E> {
        self.listens = (self.emit)(piece);
        if self.listens {
            Ok(())
        } else {
            Err(E::custom("nobody listens"))
        }
    }
}

/// A list of entries `E` that become `T`s.
struct Entries<'r, 'a, E, T> {
    reading: &'r mut Reading<'a>,
    name: &'static str,
    piece: fn(Vec<T>) -> Piece,
    entry: PhantomData<E>,
}

impl<'r, 'a, E, T> Entries<'r, 'a, E, T> {
    fn new(reading: &'r mut Reading<'a>, name: &'static str, piece: fn(Vec<T>) -> Piece) -> Self {
        Self {
            reading,
            name,
            piece,
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
                self.reading.refusal = Some(ReadError::Entry {
                    place: format!("{}[{count}]", self.name),
                    error,
                });
                A::Error::custom("an entry is refused")
            })?;
            chunk.push(entry);
            count += 1;
            if chunk.len() == CHUNK {
                self.reading
                    .hand_on((self.piece)(std::mem::take(&mut chunk)))?;
            }
        }
        if !chunk.is_empty() {
            self.reading.hand_on((self.piece)(chunk))?;
        }
        Ok(count)
    }
}
