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

/// The checks that a health response of the memory store decides.
struct StoreChecks {
    openmemory: Check,
    database: Check,
    embeddings: Check,
}

impl StoreChecks {
    fn failed(reason: String) -> Self {
        Self {
            openmemory: Check::Failed(reason),
            database: Check::Unknown,
            embeddings: Check::NotUsed,
        }
    }

    fn write_to(self, checks: &mut Checks) {
        checks.openmemory = self.openmemory;
        checks.database = self.database;
        checks.embeddings = self.embeddings;
    }
}

impl Services {
    /// The state before any service has answered.
    pub(crate) fn unanswered(&self) -> Checks {
        Checks {
            openmemory: Check::Failed("OpenMemory has not answered yet.".to_owned()),
            database: Check::Unknown,
            embeddings: Check::NotUsed,
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
                let store = self.check_store().await;
                results.send_modify(|checks| store.write_to(checks));
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

    /// Checks the memory store, its database and its embedding model.
    async fn check_store(&self) -> StoreChecks {
        match timeout(TIME_LIMIT, self.openmemory.health()).await {
            Ok(Ok(health)) => StoreChecks {
                openmemory: Check::Healthy,
                database: report::database(health.database.as_deref()),
                embeddings: report::embeddings(health.embeddings.as_deref()),
            },
            Ok(Err(error)) => StoreChecks::failed(format!("{error}.")),
            Err(_) => StoreChecks::failed("OpenMemory did not answer in time.".to_owned()),
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
