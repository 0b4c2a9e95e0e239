//! Runs the built `elaaoms` command against a deployment in a temporary folder.

use std::process::{Output, Stdio};

use elaaoms_tests::{Deployment, PEPPER, SIGNING_SECRET, WEBHOOK_KEY};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The exit code and output of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Expects this exit code.
    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{} {}", self.out, self.err);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.out, self.err))
    }
}

/// Runs `elaaoms` with the deployment's secrets in its environment.
pub(crate) async fn elaaoms(deployment: &Deployment, arguments: &[&str]) -> Ran {
    elaaoms_with(deployment, arguments, &[]).await
}

/// Runs `elaaoms` with additional or changed environment variables.
pub(crate) async fn elaaoms_with(
    deployment: &Deployment,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ran {
    let mut command = command(deployment, arguments);
    command.stdin(Stdio::null()).envs(variables.iter().copied());
    ran(command.output().await.unwrap())
}

/// Runs `elaaoms` with `input` on standard input.
pub(crate) async fn elaaoms_reading(
    deployment: &Deployment,
    arguments: &[&str],
    input: &[u8],
) -> Ran {
    let mut command = command(deployment, arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process
        .stdin
        .take()
        .unwrap()
        .write_all(input)
        .await
        .unwrap();
    ran(process.wait_with_output().await.unwrap())
}

/// Returns the command with the deployment's secrets in its environment.
pub(crate) fn command(deployment: &Deployment, arguments: &[&str]) -> Command {
    let data_dir = deployment.data_dir();
    let mut command = Command::new(env!("CARGO_BIN_EXE_elaaoms"));
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(&data_dir)
        .current_dir(&data_dir)
        .env("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET)
        .env("WEBHOOK_API_KEY", WEBHOOK_KEY)
        .env("CALLER_ID_PEPPER", PEPPER)
        .env("OPENMEMORY_API_URL", deployment.openmemory_url())
        .env("OPENMEMORY_API_KEY", deployment.store_key());
    command
}

/// Reads the output of a finished run.
pub(crate) fn ran(output: Output) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        out: text(stdout),
        err: text(stderr),
    }
}
