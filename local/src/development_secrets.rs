//! Development secrets: generated if none are set, and stored in the data folder so that they
//! survive a restart.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use common::settings::dotenv;
use uuid::Uuid;

use crate::Environment;

/// Secrets without which every webhook is rejected.
const REQUIRED: [&str; 3] = [
    "ELEVENLABS_POST_CALL_HMAC_KEY",
    "WEBHOOK_API_KEY",
    "CALLER_ID_PEPPER",
];
/// The key of the embedded memory store, which rejects every request without it.
const STORE_KEY: &str = "OPENMEMORY_API_KEY";

/// The development secrets in use.
#[derive(Debug)]
pub(crate) struct DevelopmentSecrets {
    /// The file that holds them.
    pub(crate) file: PathBuf,
    /// The names of the settings that they provide.
    pub(crate) names: Vec<&'static str>,
}

/// Why development secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// `STAGE=prod` and some secrets are not set.
    #[error("STAGE is prod, and these secrets are not set: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// The file with the development secrets cannot be read or written.
    #[error("cannot read or write the development secrets: {0}")]
    File(#[from] io::Error),
}

/// Adds development secrets for the secrets that are not set. In production, a missing secret is an
/// error instead.
pub(crate) fn fill_in(
    environment: Environment,
    data_dir: &Path,
) -> Result<(Environment, Option<DevelopmentSecrets>), SecretsError> {
    let is_embedded = environment.get("OPENMEMORY_API_URL").is_none();
    let missing: Vec<&'static str> = REQUIRED
        .into_iter()
        .chain(is_embedded.then_some(STORE_KEY))
        .filter(|name| environment.get(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok((environment, None));
    }
    if is_production(&environment) {
        return Err(SecretsError::Missing(missing));
    }
    let file = data_dir.join("development-secrets.env");
    let stored = Environment::only(read(&file)?);
    let secrets: Vec<(&'static str, String)> = missing
        .iter()
        .map(|name| (*name, stored.get(name).unwrap_or_else(generate)))
        .collect();
    write(&file, &secrets)?;
    let environment = secrets
        .into_iter()
        .fold(environment, |environment, (name, value)| {
            environment.with_default(name, value)
        });
    Ok((
        environment,
        Some(DevelopmentSecrets {
            file,
            names: missing,
        }),
    ))
}

fn is_production(environment: &Environment) -> bool {
    let stage = environment.get("STAGE").unwrap_or_default();
    matches!(
        stage.trim().to_ascii_lowercase().as_str(),
        "prod" | "production"
    )
}

/// Reads the stored secrets. A missing file holds none. An unreadable file is an error: new secrets
/// would change the pseudonyms of all callers, and no caller would be recognised.
fn read(file: &Path) -> io::Result<Vec<(&'static str, String)>> {
    let mut stored = dotenv::read(file).map_err(io::Error::other)?;
    let names = REQUIRED.into_iter().chain([STORE_KEY]);
    Ok(names
        .filter_map(|name| Some((name, stored.remove(name)?)))
        .collect())
}

/// Writes the secrets, and keeps other secrets of the file.
fn write(file: &Path, secrets: &[(&'static str, String)]) -> io::Result<()> {
    let stored = read(file)?;
    let others = stored
        .iter()
        .filter(|(name, _)| !secrets.iter().any(|(written, _)| written == name));
    let text: String = others
        .chain(secrets)
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// Generates a secret of 256 bits, of which 244 are random.
fn generate() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_secrets_are_generated_once_and_reused() {
        let folder = tempfile::tempdir().unwrap();
        let set = || Environment::only([("WEBHOOK_API_KEY", "mine".to_owned())]);
        let (first, generated) = fill_in(set(), folder.path()).unwrap();
        let missing = [
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            "CALLER_ID_PEPPER",
            "OPENMEMORY_API_KEY",
        ];
        assert_eq!(
            generated.unwrap().names,
            missing,
            "a secret that is set is not generated"
        );
        let (second, _) = fill_in(set(), folder.path()).unwrap();
        for name in missing {
            assert!(first.get(name).unwrap().len() >= 64);
            assert_eq!(first.get(name), second.get(name));
        }
        assert_eq!(first.get("WEBHOOK_API_KEY").as_deref(), Some("mine"));
    }

    #[test]
    fn no_key_is_generated_for_an_external_memory_store() {
        let folder = tempfile::tempdir().unwrap();
        let external =
            Environment::only([("OPENMEMORY_API_URL", "https://memory.example".to_owned())]);
        assert_eq!(
            fill_in(external, folder.path())
                .unwrap()
                .0
                .get("OPENMEMORY_API_KEY"),
            None
        );
    }

    #[test]
    fn a_missing_secret_is_an_error_in_production() {
        let folder = tempfile::tempdir().unwrap();
        for stage in ["prod", "Production "] {
            let some = Environment::only([
                ("STAGE", stage.to_owned()),
                ("WEBHOOK_API_KEY", "mine".to_owned()),
            ]);
            let error = fill_in(some, folder.path()).err().unwrap();
            assert!(
                error
                    .to_string()
                    .contains("ELEVENLABS_POST_CALL_HMAC_KEY, CALLER_ID_PEPPER"),
                "{error}"
            );
        }
        assert!(
            std::fs::read_dir(folder.path()).unwrap().next().is_none(),
            "no file was written"
        );
    }
}
