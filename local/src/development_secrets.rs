//! Secrets for trying things out: made when none are set, and kept in the data folder so that a restart takes the same.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use common::settings::dotenv;
use uuid::Uuid;

use crate::Environment;

/// Without these the doors stay closed.
const NEEDED: [&str; 3] = ["ELEVENLABS_POST_CALL_HMAC_KEY", "WEBHOOK_API_KEY", "CALLER_ID_PEPPER"];

/// The secrets that were made, for a person to use.
pub(crate) struct DevelopmentSecrets {
    /// Where they are kept.
    pub(crate) file: PathBuf,
    /// Name and value of each that is in use.
    pub(crate) made: Vec<(&'static str, String)>,
}

/// Fills in the secrets that are not set.
pub(crate) fn fill_in(
    environment: Environment,
    data_dir: &Path,
) -> io::Result<(Environment, Option<DevelopmentSecrets>)> {
    let missing: Vec<&'static str> = NEEDED.into_iter().filter(|name| environment.get(name).is_none()).collect();
    if missing.is_empty() {
        return Ok((environment, None));
    }
    let file = data_dir.join("development-secrets.env");
    let kept = Environment::only(read(&file)?);
    let made: Vec<(&'static str, String)> =
        missing.into_iter().map(|name| (name, kept.get(name).unwrap_or_else(random))).collect();
    write(&file, &made)?;
    let environment =
        made.iter().fold(environment, |environment, (name, value)| environment.with_default(name, value.clone()));
    Ok((environment, Some(DevelopmentSecrets { file, made })))
}

/// A file that cannot be read is not taken for none: new secrets would make every caller a stranger.
fn read(file: &Path) -> io::Result<Vec<(&'static str, String)>> {
    let mut kept = dotenv::read(file).map_err(io::Error::other)?;
    Ok(NEEDED.into_iter().filter_map(|name| Some((name, kept.remove(name)?))).collect())
}

fn write(file: &Path, secrets: &[(&'static str, String)]) -> io::Result<()> {
    let kept = read(file)?;
    let others = kept.iter().filter(|(name, _)| !secrets.iter().any(|(made, _)| made == name));
    let text: String = others.chain(secrets).map(|(name, value)| format!("{name}={value}\n")).collect();
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
        assert_eq!(made.unwrap().made.len(), 2, "the one that is set is not made");
        let (second, _) = fill_in(set(), folder.path()).unwrap();
        assert_eq!(first.get("CALLER_ID_PEPPER"), second.get("CALLER_ID_PEPPER"));
        assert_eq!(first.get("WEBHOOK_API_KEY").as_deref(), Some("mine"));
        let (_, all) = fill_in(Environment::default(), folder.path()).unwrap();
        assert_eq!(all.unwrap().made[0].1, first.get("ELEVENLABS_POST_CALL_HMAC_KEY").unwrap());
    }
}
