//! `elaaoms-local demo`: starts a temporary system, sends it the requests of a few calls over HTTP,
//! signed as in production, and checks each step.

mod elevenlabs;
mod script;
mod story;

use std::fmt::Write as _;

use crate::{Environment, Options, StartError, System};
use elevenlabs::ElevenLabs;

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The temporary folder could not be created.
    #[error("cannot create a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// A request failed.
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// A step had an unexpected result.
    #[error("step “{step}”: expected that {expectation}")]
    Step {
        /// The title of the step.
        step: &'static str,
        /// The expectation that was not met.
        expectation: String,
    },
}

/// Runs the demo and prints each step.
///
/// # Errors
/// If a step has an unexpected result.
pub async fn run() -> Result<(), DemoError> {
    let folder = tempfile::tempdir()?;
    let secrets = [
        ("OPENMEMORY_API_KEY", "demo-store"),
        ("ELEVENLABS_POST_CALL_HMAC_KEY", "demo-signature"),
        ("WEBHOOK_API_KEY", "demo-key"),
        ("CALLER_ID_PEPPER", "demo-pepper"),
    ];
    let environment = Environment::only(secrets.map(|(name, value)| (name, value.to_owned())));
    let options = Options {
        host: None,
        port: Some(0),
        openmemory_port: Some(0),
        data_dir: folder.path().to_owned(),
    };
    let system = System::start(&options, environment).await?;
    println!("{}", introduction(&system));
    let elevenlabs = ElevenLabs::new(&system, "demo-signature", "demo-key", "demo-store")?;
    let result = story::run(&elevenlabs).await;
    system.stop().await;
    result?;
    println!(
        "\nAll steps succeeded. Next: `cargo run -p elaaoms-local` serves your own agents; see the README."
    );
    Ok(())
}

fn introduction(system: &System) -> String {
    let mut text = String::from(
        "ELAAOMS gives ElevenLabs voice agents a memory of their callers. This demo runs the complete system:\n",
    );
    let _ = write!(
        text,
        "webhooks on http://{}, memory store on {}, files in a temporary folder.",
        system.address(),
        system.openmemory_url()
    );
    text
}
