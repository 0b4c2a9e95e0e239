//! Reads the stack name and region of an environment from `samconfig.toml`.

use std::path::Path;

use toml::{Table, Value};

use super::error::AwsError;

/// An environment of `samconfig.toml`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) stack: Option<String>,
    pub(super) region: Option<String>,
}

/// Reads the environment of a stage. Returns an empty environment if the file does not exist or
/// does not name the stage.
pub(super) fn read(file: &Path, stage: &str) -> Result<Environment, AwsError> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&text, stage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Environment::default()),
        Err(error) => Err(AwsError::Samconfig(error.to_string())),
    }
}

/// Finds the environment by its name, else by the `Stage` that it deploys: `default` deploys `dev`.
fn parse(text: &str, stage: &str) -> Result<Environment, AwsError> {
    let file: Table = text
        .parse()
        .map_err(|error: toml::de::Error| AwsError::Samconfig(error.to_string()))?;
    let parameters = file.get(stage).and_then(deploy_parameters).or_else(|| {
        file.values()
            .filter_map(deploy_parameters)
            .find(|parameters| deploys_stage(parameters, stage))
    });
    Ok(Environment {
        stack: string(parameters, "stack_name"),
        region: string(parameters, "region"),
    })
}

fn deploy_parameters(environment: &Value) -> Option<&Value> {
    environment.get("deploy")?.get("parameters")
}

/// Returns whether the parameter overrides, a list or one text, set this stage.
fn deploys_stage(parameters: &Value, stage: &str) -> bool {
    let wanted = format!("Stage={stage}");
    match parameters.get("parameter_overrides") {
        Some(Value::Array(list)) => list.iter().any(|item| item.as_str() == Some(&wanted)),
        Some(Value::String(text)) => text
            .replace('"', "")
            .split_whitespace()
            .any(|item| item == wanted),
        _ => false,
    }
}

fn string(parameters: Option<&Value>, name: &str) -> Option<String> {
    Some(parameters?.get(name)?.as_str()?.to_owned())
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
    fn a_file_written_by_guided_deployment_is_read() {
        let text = "version = 0.1\n[live.deploy.parameters]\nstack_name = \"mem\"\nregion = \"eu-west-1\"\n\
                    parameter_overrides = \"Stage=\\\"prod\\\" LogLevel=\\\"INFO\\\"\"\n";
        let expected = Environment {
            stack: Some("mem".to_owned()),
            region: Some("eu-west-1".to_owned()),
        };
        assert_eq!(parse(text, "prod").unwrap(), expected);
        assert!(matches!(
            parse("not toml", "prod"),
            Err(AwsError::Samconfig(_))
        ));
    }
}
