//! `samconfig.toml`: which stack an environment is, and where.

use std::path::Path;

use toml::{Table, Value};

use super::DeploymentError;

/// What `samconfig.toml` says of an environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) stack: Option<String>,
    pub(super) region: Option<String>,
}

/// The environment for a stage; nothing when there is no file.
pub(super) fn read(file: &Path, stage: &str) -> Result<Environment, DeploymentError> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&text, stage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Environment::default()),
        Err(error) => Err(DeploymentError::Samconfig(error.to_string())),
    }
}

/// By the name of the environment, or by the `Stage` that it deploys: `default` is `dev`.
fn parse(text: &str, stage: &str) -> Result<Environment, DeploymentError> {
    let file: Table = text
        .parse()
        .map_err(|error: toml::de::Error| DeploymentError::Samconfig(error.to_string()))?;
    let parameters = |environment: &Value| environment.get("deploy")?.get("parameters").cloned();
    let deploys_stage = |parameters: &Value| {
        let wanted = format!("Stage={stage}");
        parameters
            .get("parameter_overrides")
            .is_some_and(|overrides| match overrides {
                Value::Array(list) => list.iter().any(|one| one.as_str() == Some(&wanted)),
                Value::String(text) => text
                    .replace('"', "")
                    .split_whitespace()
                    .any(|one| one == wanted),
                _ => false,
            })
    };
    let named = file.get(stage).and_then(parameters);
    let found = named.or_else(|| file.values().filter_map(parameters).find(deploys_stage));
    let text = |name: &str| Some(found.as_ref()?.get(name)?.as_str()?.to_owned());
    Ok(Environment {
        stack: text("stack_name"),
        region: text("region"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environments_of_this_repository_are_found() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samconfig.toml");
        for (stage, stack) in [
            ("dev", "elaaoms-dev"),
            ("default", "elaaoms-dev"),
            ("prod", "elaaoms-prod"),
        ] {
            assert_eq!(
                read(&file, stage).unwrap().stack.as_deref(),
                Some(stack),
                "{stage}"
            );
        }
        assert_eq!(read(&file, "elsewhere").unwrap(), Environment::default());
        assert_eq!(
            read(Path::new("/nowhere/samconfig.toml"), "dev").unwrap(),
            Environment::default()
        );
    }

    #[test]
    fn what_guided_deployment_writes_is_read_too() {
        let text = "version = 0.1\n[live.deploy.parameters]\nstack_name = \"mem\"\nregion = \"eu-west-1\"\n\
                    parameter_overrides = \"Stage=\\\"prod\\\" LogLevel=\\\"INFO\\\"\"\n";
        let expected = Environment {
            stack: Some("mem".to_owned()),
            region: Some("eu-west-1".to_owned()),
        };
        assert_eq!(parse(text, "prod").unwrap(), expected);
        assert!(matches!(
            parse("not toml", "prod"),
            Err(DeploymentError::Samconfig(_))
        ));
    }
}
