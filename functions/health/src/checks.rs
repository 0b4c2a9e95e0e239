//! The checks of the services that calls depend on.

use std::time::Duration;

use common::llm::Llm;
use common::openmemory::OpenMemory;
use common::secrets::Secrets;
use tokio::sync::watch::Sender;
use tokio::time::timeout;

use crate::report::{self, Check, Checks};

/// Time limit of one check.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(3);

/// What is checked.
pub(crate) struct Services {
    pub(crate) openmemory: OpenMemory,
    pub(crate) llm: Option<Llm>,
    pub(crate) secrets: Secrets,
    pub(crate) storage: Option<Box<dyn Fn() -> Check + Send + Sync>>,
}

impl Services {
    /// The state before any service has answered.
    pub(crate) fn unanswered(&self) -> Checks {
        Checks {
            openmemory: Check::Failed("OpenMemory has not answered yet.".to_owned()),
            database: Check::Unknown,
            llm_api: match self.llm {
                Some(_) => Check::Unknown,
                None => Check::NotUsed,
            },
            settings: Check::Failed("The secrets have not been loaded yet.".to_owned()),
            storage: Check::NotUsed,
        }
    }

    /// Runs all checks at the same time and sends the result of each as soon as it is known.
    pub(crate) async fn check(&self, results: &Sender<Checks>) {
        if let Some(storage) = &self.storage {
            results.send_modify(|checks| checks.storage = storage());
        }
        tokio::join!(
            async {
                let [openmemory, database] = self.check_store().await;
                results.send_modify(|checks| {
                    checks.openmemory = openmemory;
                    checks.database = database;
                });
            },
            async {
                let llm_api = self.check_model().await;
                results.send_modify(|checks| checks.llm_api = llm_api);
            },
            async {
                let settings = self.check_secrets().await;
                results.send_modify(|checks| checks.settings = settings);
            }
        );
    }

    /// Checks the memory store and its database.
    async fn check_store(&self) -> [Check; 2] {
        match timeout(TIME_LIMIT, self.openmemory.health()).await {
            Ok(Ok(health)) => [Check::Healthy, report::database(health.database.as_deref())],
            Ok(Err(error)) => [Check::Failed(format!("{error}.")), Check::Unknown],
            Err(_) => [
                Check::Failed("OpenMemory did not answer in time.".to_owned()),
                Check::Unknown,
            ],
        }
    }

    async fn check_model(&self) -> Check {
        let Some(llm) = &self.llm else {
            return Check::NotUsed;
        };
        match timeout(TIME_LIMIT, llm.check()).await {
            Ok(Ok(())) => Check::Healthy,
            Ok(Err(error)) => Check::Failed(format!("Extraction is paused: {error}.")),
            Err(_) => Check::Failed(
                "Extraction is paused: the provider did not answer in time.".to_owned(),
            ),
        }
    }

    async fn check_secrets(&self) -> Check {
        match timeout(TIME_LIMIT, self.secrets.current()).await {
            Ok(secrets) => report::settings(&secrets.missing()),
            Err(_) => Check::Failed("The secrets could not be loaded in time.".to_owned()),
        }
    }
}
