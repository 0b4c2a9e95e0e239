//! `elaaoms-local demo`: starts a temporary system, sends it the requests of a few calls over HTTP,
//! signed as in production, and checks each step.

mod elevenlabs;
mod script;
mod story;

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use crate::{Environment, Options, StartError, System};
use elevenlabs::ElevenLabs;

/// What the reader can do next.
const NEXT: &str = "Next: `cargo run -p elaaoms-local -- demo --console` shows in the browser what \
    is remembered; `cargo run -p elaaoms-local` serves your own agents, see the README.";

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The temporary folder could not be created.
    #[error("cannot create a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The console cannot be shown.
    #[error("cannot show the console: {0}")]
    Console(#[source] io::Error),
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

/// Runs the demo and prints each step. `with_console` then shows what it stored in the browser,
/// until Ctrl+C.
///
/// # Errors
/// If a step has an unexpected result.
pub async fn run(with_console: bool) -> Result<(), DemoError> {
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
    let shown = match (&result, with_console) {
        (Ok(()), true) => show(&system).await,
        _ => Ok(()),
    };
    system.stop().await;
    result?;
    shown.map_err(DemoError::Console)?;
    println!("\nAll steps succeeded. {NEXT}");
    Ok(())
}

/// Shows what the demo stored in the browser, until Ctrl+C.
async fn show(system: &System) -> io::Result<()> {
    let console = system.start_console().await?;
    println!("\nThis URL opens the console once; Ctrl+C ends it:");
    println!("{}", console.url());
    // The file must exist until the browser has read it. Without a desktop, the URL is enough.
    let _opened = io::stdout()
        .is_terminal()
        .then(|| elaaoms_console::open_in_browser(console.url()));
    tokio::signal::ctrl_c().await?;
    console.stop().await;
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
