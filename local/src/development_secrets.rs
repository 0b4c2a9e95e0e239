//! Secrets for trying things out: made when none are set, and kept in the data folder so that a
//! restart takes the same.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use common::settings::dotenv;
use uuid::Uuid;

use crate::Environment;

/// Without these webhooks are refused.
const NEEDED: [&str; 3] = [
    "ELEVENLABS_POST_CALL_HMAC_KEY",
    "WEBHOOK_API_KEY",
    "CALLER_ID_PEPPER",
];
/// The key of the embedded memory store, which answers nobody without it.
const STORE_KEY: &str = "OPENMEMORY_API_KEY";

/// The secrets that were made, for a person to use.
#[derive(Debug)]
pub(crate) struct DevelopmentSecrets {
    /// Where they are kept.
    pub(crate) file: PathBuf,
    /// The names of those that are in use.
    pub(crate) names: Vec<&'static str>,
}

/// Why secrets are not made.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// `STAGE=prod` and some are not set.
    #[error("STAGE is prod, and these secrets are not set: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// The file of those that were made cannot be read or written.
    #[error("the secrets for development cannot be used: {0}")]
    File(#[from] io::Error),
}

/// Fills in the secrets that are not set. In production nothing is made up: there, a secret that is
/// missing is a mistake.
pub(crate) fn fill_in(
    environment: Environment,
    data_dir: &Path,
) -> Result<(Environment, Option<DevelopmentSecrets>), SecretsError> {
    let is_embedded = environment.get("OPENMEMORY_API_URL").is_none();
    let needed = NEEDED.into_iter().chain(is_embedded.then_some(STORE_KEY));
    let missing: Vec<&'static str> = needed
        .filter(|name| environment.get(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok((environment, None));
    }
    if is_production(&environment) {
        return Err(SecretsError::Missing(missing));
    }
    let file = data_dir.join("development-secrets.env");
    let kept = Environment::only(read(&file)?);
    let made: Vec<(&'static str, String)> = missing
        .iter()
        .map(|name| (*name, kept.get(name).unwrap_or_else(random)))
        .collect();
    write(&file, &made)?;
    let environment = made
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

/// A file that cannot be read is not taken for none: new secrets would make every caller a
/// stranger.
fn read(file: &Path) -> io::Result<Vec<(&'static str, String)>> {
    let mut kept = dotenv::read(file).map_err(io::Error::other)?;
    let names = NEEDED.into_iter().chain([STORE_KEY]);
    Ok(names
        .filter_map(|name| Some((name, kept.remove(name)?)))
        .collect())
}

fn write(file: &Path, secrets: &[(&'static str, String)]) -> io::Result<()> {
    let kept = read(file)?;
    let others = kept
        .iter()
        .filter(|(name, _)| !secrets.iter().any(|(made, _)| made == name));
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

/// 256 bits, of which 244 are random.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let set = || Environment::only([("WEBHOOK_API_KEY", "mine".to_owned())]);
        let (first, made) = fill_in(set(), folder.path()).unwrap();
        let missing = [
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            "CALLER_ID_PEPPER",
            "OPENMEMORY_API_KEY",
        ];
        assert_eq!(
            made.unwrap().names,
            missing,
            "the one that is set is not made"
        );
        let (second, _) = fill_in(set(), folder.path()).unwrap();
        for name in missing {
            assert!(first.get(name).unwrap().len() >= 64);
            assert_eq!(first.get(name), second.get(name));
        }
        assert_eq!(first.get("WEBHOOK_API_KEY").as_deref(), Some("mine"));
    }

    #[test]
    fn a_store_of_the_operators_own_gets_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let theirs =
            Environment::only([("OPENMEMORY_API_URL", "https://memory.example".to_owned())]);
        assert_eq!(
            fill_in(theirs, folder.path())
                .unwrap()
                .0
                .get("OPENMEMORY_API_KEY"),
            None
        );
    }

    #[test]
    fn in_production_a_missing_secret_is_a_mistake() {
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
            "nothing was made"
        );
    }
}
