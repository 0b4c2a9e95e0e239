//! Redaction: masks secrets (card numbers, codes, passwords, ids), and recognizes and removes
//! private facts.

mod document_numbers;
mod known_secrets;
mod numbers;
mod password_words;
pub(crate) mod private;
mod requested_secrets;
mod secret_labels;
pub(crate) mod secrets;
pub(crate) mod transcript_masking;
