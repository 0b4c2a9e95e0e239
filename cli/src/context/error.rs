//! Errors of the settings that every command reads.

use std::borrow::Cow;

use common::http_client::ClientError;
use common::settings::SettingsError;
use common::settings::dotenv::DotenvError;

use crate::error::{CommandError, NEEDS_CORRECTION};

const ADVICE: &str = "see .env.example for all settings and their formats";

impl CommandError for DotenvError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(ADVICE.into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

impl CommandError for SettingsError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(ADVICE.into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

impl CommandError for ClientError {
    fn message(&self) -> String {
        format!("could not set up the HTTP client: {self}")
    }

    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(ADVICE.into())
    }
}
