//! `elaaoms-local demo`: plays the whole story against a system of its own, over HTTP and signed
//! like the real thing, and checks each step.

mod elevenlabs;
mod script;
mod story;

use std::fmt::Write as _;

use crate::{Environment, Options, StartError, System};
use elevenlabs::ElevenLabs;

/// Why the demo did not end well.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// There is no temporary folder to be had.
    #[error("no temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// A request could not be made.
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// A step did something else than it should.
    #[error("step “{step}”: {what}")]
    Step {
        /// Its title.
        step: &'static str,
        /// What went wrong.
        what: String,
    },
}

/// Plays the story and prints it.
///
/// # Errors
/// [`DemoError`] when any step does not do what it should.
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
    let told = story::tell(&elevenlabs).await;
    system.stop().await;
    told?;
    println!(
        "\nEvery step did what it should. Next: `cargo run -p elaaoms-local` serves your own agents; see the README."
    );
    Ok(())
}

fn introduction(system: &System) -> String {
    let mut text = String::from(
        "ELAAOMS gives ElevenLabs voice agents a memory of their callers. This is the whole system playing against itself:\n",
    );
    let _ = write!(
        text,
        "webhooks on http://{}, memory store on {}, files in a folder that goes away.",
        system.address(),
        system.openmemory_url()
    );
    text
}
