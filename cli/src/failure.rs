//! Errors of all commands, worded for the person at the terminal: what failed, why, and what to do.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("could not read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("could not write {}: {error}", file.display())]
    Write { file: PathBuf, error: io::Error },
    #[error("{} is not UTF-8 text", .0.display())]
    NotUtf8(PathBuf),
    #[error("{} {fault}", file.display())]
    Recipients {
        file: PathBuf,
        fault: crate::outbound::RecipientsError,
    },
    #[error("{} is not a transcription webhook with a conversation_id", .0.display())]
    NotATranscription(PathBuf),
    #[error(transparent)]
    Dotenv(#[from] common::settings::dotenv::DotenvError),
    #[error("{0} is not set")]
    MissingSecret(&'static str),
    #[error(transparent)]
    Settings(#[from] common::settings::SettingsError),
    #[error("--payload is missing")]
    MissingPayload,
    #[error("could not set up the HTTP client: {0}")]
    Client(#[from] common::http_client::ClientError),
    #[error("the deployment {0}")]
    Call(#[from] common::http_client::CallError),
    #[error("the deployment answered {0}: {1}")]
    Refused(u16, String),
    #[error("{0} is neither a date (2026-11-01) nor a timestamp (2026-11-01T12:00:00Z)")]
    InvalidDate(String),
    #[error("{0:?} is not a conversation id")]
    InvalidConversationId(String),
    #[error("{0} has not ended or is not analysed yet")]
    CallNotFinished(String),
    #[error("there is no data folder {} with calls", .0.display())]
    NoCallData(PathBuf),
    #[error("--dlq needs --dead-letter-queue")]
    MissingDeadLetterQueue,
    #[error("could not access the calls: {0}")]
    Archive(#[from] common::archive::ArchiveError),
    #[error(transparent)]
    Queue(#[from] common::queue::QueueError),
    #[error(transparent)]
    OpenMemory(#[from] common::openmemory::OpenMemoryError),
    #[error(transparent)]
    Deployment(#[from] crate::deployment::DeploymentError),
    #[error(transparent)]
    ElevenLabs(#[from] crate::elevenlabs::ElevenLabsError),
    #[error("connecting would replace {0}")]
    WouldReplace(String),
    #[error("the workspace of this API key has no agents")]
    EmptyWorkspace,
    #[error("{0:?} is not an agent id")]
    InvalidAgentId(String),
    #[error("{0} uses plain HTTP, so others could read the key that is sent to it")]
    PlainHttp(String),
    #[error("{0} is not a URL")]
    InvalidUrl(&'static str),
    #[error("{0} is not https: ElevenLabs cannot reach it, and others could read the traffic")]
    NotHttps(url::Url),
    #[error("the export was interrupted; a partial export is unusable")]
    IncompleteExport,
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupError),
    #[error("this caller has no memory {0}")]
    MemoryNotFound(String),
    #[error("{0} is not this machine")]
    NotThisMachine(String),
    #[error("could not write the audit line: {0}")]
    Audit(String),
    #[error("confirmation required, but there is no terminal")]
    NoTerminal,
    #[error("not confirmed; nothing was done")]
    NotConfirmed,
    #[error("could not write the output: {0}")]
    Output(io::Error),
}

impl Failure {
    /// Returns what the operator can try, if anything.
    pub(crate) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::NotUtf8(_) => "send it with --base64",
            Self::MissingSecret(name) => {
                return Some(format!(
                    "set {name} in the environment or in .env, or select a deployment on AWS with --stage"
                ));
            }
            Self::Settings(_) | Self::Dotenv(_) | Self::Client(_) => {
                "see .env.example for all settings and their formats"
            }
            Self::Call(_) => "check the URL, and check /health to see whether the deployment runs",
            Self::Refused(401, _) => {
                "your secret differs from the deployment's: check WEBHOOK_API_KEY and ELEVENLABS_POST_CALL_HMAC_KEY"
            }
            Self::NoCallData(_) => {
                "select the data folder with --data-dir, or a deployment on AWS with --stage, or with --bucket and --queue"
            }
            Self::MissingDeadLetterQueue => "pass its URL, or select the deployment with --stage",
            Self::MemoryNotFound(_) => "run `elaaoms memories list` to see the ids",
            Self::NotThisMachine(_) => {
                "pass --i-own-this-host if the host is yours: a load test against another party's host is an attack"
            }
            Self::OpenMemory(_) | Self::IncompleteExport => {
                "check OPENMEMORY_API_URL and OPENMEMORY_API_KEY, and that elaaoms-local is running"
            }
            Self::Deployment(error) => return error.advice(),
            Self::ElevenLabs(error) => error.advice(),
            Self::Backup(error) => error.advice(),
            Self::WouldReplace(_) => "pass --replace if nothing else needs it",
            Self::NotHttps(_) => "pass the public address of the deployment with --url",
            Self::PlainHttp(_) => {
                "use https, or add the host to PLAIN_HTTP_HOSTS if only trusted machines share the network"
            }
            Self::EmptyWorkspace => {
                "check that ELEVENLABS_API_KEY belongs to the workspace of the agents"
            }
            Self::CallNotFinished(_) => "try again in a minute",
            Self::NoTerminal => "pass --yes",
            Self::Audit(_) => {
                "select the data folder with --data-dir, and run the command as a user who may write there"
            }
            _ => return None,
        };
        Some(advice.to_owned())
    }

    /// Returns 3 when the operator has to correct a setting, secret or option, 1 otherwise.
    /// `elaaoms --help` lists the exit codes.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::MissingSecret(_)
            | Self::Settings(_)
            | Self::Dotenv(_)
            | Self::NoCallData(_)
            | Self::MissingDeadLetterQueue
            | Self::NoTerminal
            | Self::NotConfirmed
            | Self::InvalidUrl(_)
            | Self::PlainHttp(_)
            | Self::NotHttps(_)
            | Self::WouldReplace(_)
            | Self::NotThisMachine(_)
            | Self::Deployment(_) => ExitCode::from(3),
            _ => ExitCode::FAILURE,
        }
    }
}
