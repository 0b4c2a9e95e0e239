//! Everything that can go wrong, in words for the person at the terminal: what happened, why, and
//! what to try.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{} cannot be read: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("{} cannot be written: {error}", file.display())]
    Write { file: PathBuf, error: io::Error },
    #[error("{} is no text", .0.display())]
    NotUtf8(PathBuf),
    #[error("{} {fault}", file.display())]
    Recipients {
        file: PathBuf,
        fault: crate::outbound::Fault,
    },
    #[error("{} is no transcription with a conversation_id", .0.display())]
    NotATranscription(PathBuf),
    #[error(transparent)]
    Dotenv(#[from] common::settings::dotenv::DotenvError),
    #[error("{0} is not set")]
    MissingSecret(&'static str),
    #[error(transparent)]
    Settings(#[from] common::settings::SettingsError),
    #[error("--payload is missing")]
    MissingPayload,
    #[error("no connection can be made: {0}")]
    Client(#[from] common::http_client::ClientError),
    #[error("the deployment {0}")]
    Call(#[from] common::http_client::CallError),
    #[error("the deployment answered {0}: {1}")]
    Refused(u16, String),
    #[error("{0} is no day such as 2026-11-01 and no time such as 2026-11-01T12:00:00Z")]
    InvalidDate(String),
    #[error("{0:?} is no id of a conversation")]
    InvalidConversationId(String),
    #[error("{0} is going on, or is not analysed yet")]
    CallNotFinished(String),
    #[error("there is no {} with calls in it", .0.display())]
    NoCallData(PathBuf),
    #[error("--dlq needs --dead-letter-queue")]
    MissingDeadLetterQueue,
    #[error("the calls cannot be read: {0}")]
    Archive(#[from] common::archive::ArchiveError),
    #[error(transparent)]
    Queue(#[from] common::queue::QueueError),
    #[error(transparent)]
    OpenMemory(#[from] common::openmemory::OpenMemoryError),
    #[error(transparent)]
    Deployment(#[from] crate::deployment::DeploymentError),
    #[error(transparent)]
    ElevenLabs(#[from] crate::elevenlabs::ElevenLabsError),
    #[error("{0} would be replaced")]
    WouldReplace(String),
    #[error("the workspace of this key has no agent")]
    EmptyWorkspace,
    #[error("{0:?} is no id of an agent")]
    InvalidAgentId(String),
    #[error("{0} would be sent a key over plain HTTP, where others can read it")]
    PlainHttp(String),
    #[error("{0} is no URL")]
    InvalidUrl(&'static str),
    #[error("{0} is not https, so ElevenLabs would not reach it, and others could read along")]
    NotHttps(url::Url),
    #[error("the export broke off, and half an export is none")]
    IncompleteExport,
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupError),
    #[error("this caller has no memory {0}")]
    MemoryNotFound(String),
    #[error("{0} is not this machine")]
    NotThisMachine(String),
    #[error("the audit line cannot be written: {0}")]
    Audit(String),
    #[error("this asks first, and nobody is there to answer")]
    NoTerminal,
    #[error("not confirmed; nothing was done")]
    NotConfirmed,
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
}

impl Failure {
    /// What to try, where there is something to try.
    pub(crate) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::NotUtf8(_) => "deliver it with --base64",
            Self::MissingSecret(name) => {
                return Some(format!(
                    "put {name} into the environment or into .env, or name a deployment on AWS with --stage"
                ));
            }
            Self::Settings(_) | Self::Dotenv(_) | Self::Client(_) => {
                "see .env.example for every setting and its form"
            }
            Self::Call(_) => {
                "check the URL and whether the deployment runs: its /health says how it is"
            }
            Self::Refused(401, _) => {
                "the secret here is not the one of the deployment: check WEBHOOK_API_KEY and ELEVENLABS_POST_CALL_HMAC_KEY"
            }
            Self::NoCallData(_) => {
                "name the data folder with --data-dir, or a deployment on AWS with --stage, or --bucket and --queue"
            }
            Self::MissingDeadLetterQueue => "give its URL, or name the deployment with --stage",
            Self::MemoryNotFound(_) => "see `elaaoms memories list` for the ids",
            Self::NotThisMachine(_) => {
                "say --i-own-this-host if it is yours: load on somebody else's host is an attack"
            }
            Self::OpenMemory(_) | Self::IncompleteExport => {
                "check OPENMEMORY_API_URL and OPENMEMORY_API_KEY, and whether elaaoms-local runs"
            }
            Self::Deployment(error) => return error.advice(),
            Self::ElevenLabs(error) => error.advice(),
            Self::Backup(error) => error.advice(),
            Self::WouldReplace(_) => "repeat it with --replace if nothing else needs it",
            Self::NotHttps(_) => "give the address that the world reaches it by with --url",
            Self::PlainHttp(_) => {
                "use https, or name the host in PLAIN_HTTP_HOSTS if only trusted machines share the network"
            }
            Self::EmptyWorkspace => {
                "check that ELEVENLABS_API_KEY is of the workspace that the agents are in"
            }
            Self::CallNotFinished(_) => "repeat it in a minute",
            Self::NoTerminal => "repeat it with --yes",
            Self::Audit(_) => {
                "name the data folder with --data-dir, and run it as a user who may write there"
            }
            _ => return None,
        };
        Some(advice.to_owned())
    }

    /// 3 for what an operator has to set right here, 1 for everything else. Listed in `elaaoms
    /// --help`.
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
