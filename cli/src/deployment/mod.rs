//! The deployment that a command works on: one machine (a data folder) or a stack on AWS.
//!
//! Commands read settings and secrets from it by name. Order of precedence:
//!
//! - On one machine: the environment, `.env`, the development secrets in the data folder.
//! - On AWS: the deployment's secret, the environment, the stack's parameters, `.env`.
//!
//! On AWS the deployment's secret precedes the environment: with another pepper a caller would not
//! be found, and therefore not be forgotten.

mod arguments;
mod error;
mod machine;
mod queue;
mod store;

pub(crate) use arguments::DeploymentArguments;
pub(crate) use error::DeploymentError;
pub(crate) use store::CallStore;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::openmemory::OpenMemory;
use common::secrets::{SecretSet, Secrets};
use common::settings::{DialectSetting, Settings};
use common::signed::Identity;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::aws::Stack;
use crate::context::Context;
use crate::error::Failure;
use machine::Machine;

/// Time limit of one call of an operator to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);
/// The operator is never prompted for the pepper. With a mistyped one no caller would be found, and
/// a command that finds nothing reports success.
const PEPPER: &str = "CALLER_ID_PEPPER";
/// Default URL of the OpenMemory embedded in elaaoms-local.
const EMBEDDED_OPENMEMORY: &str = "http://127.0.0.1:8080";

/// A deployment with its settings and secrets.
pub(crate) struct Deployment {
    pub(crate) context: Context,
    pub(crate) place: Place,
    /// Secrets that the operator entered during this run.
    entered: Mutex<HashMap<&'static str, SecretString>>,
}

/// Where a deployment runs.
pub(crate) enum Place {
    /// One process with one data folder.
    Machine(Machine),
    /// A stack deployed from the template.
    Aws(Box<Stack>),
}

impl Deployment {
    /// Finds a deployment. On AWS this describes the stack and reads its secrets.
    pub(crate) async fn find(
        arguments: &DeploymentArguments,
        context: &Context,
    ) -> Result<Self, Failure> {
        let place = match arguments.stack.is_selected() {
            true => Place::Aws(Box::new(Stack::find(&arguments.stack, context).await?)),
            false => Place::Machine(Machine::open(&arguments.data_dir)?),
        };
        Ok(Self {
            context: context.clone(),
            place,
            entered: Mutex::default(),
        })
    }

    /// Returns the deployment of a stack that was already read.
    pub(crate) fn of_stack(context: &Context, stack: Stack) -> Self {
        Self {
            context: context.clone(),
            place: Place::Aws(Box::new(stack)),
            entered: Mutex::default(),
        }
    }

    /// Returns a setting or secret by name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let variables = &self.context.variables;
        let value = match &self.place {
            Place::Machine(machine) => variables
                .get(name)
                .or_else(|| machine.development_secret(name)),
            Place::Aws(stack) => stack
                .secret(name)
                .or_else(|| variables.exported(name))
                .or_else(|| stack.setting(name))
                .or_else(|| variables.in_dotenv(name)),
        };
        value.or_else(|| Some(self.entered().get(name)?.expose_secret().to_owned()))
    }

    /// Returns a secret that the command requires. On a terminal it prompts for a secret that is
    /// not set, except for the pepper.
    ///
    /// # Errors
    /// [`DeploymentError::MissingSecret`] if the secret is neither set nor entered.
    pub(crate) fn secret(&self, name: &'static str) -> Result<SecretString, Failure> {
        if let Some(value) = self.get(name) {
            return Ok(value.into());
        }
        let may_prompt = self.context.is_interactive && name != PEPPER;
        let entered = may_prompt
            .then(|| (self.context.prompt_secret)(name))
            .flatten()
            .ok_or(DeploymentError::MissingSecret(name))?;
        self.entered().insert(name, entered.clone());
        Ok(entered)
    }

    fn entered(&self) -> MutexGuard<'_, HashMap<&'static str, SecretString>> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads all secrets as the deployment itself does.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::fixed(SecretSet::read(|name| self.get(name)))
    }

    /// Reads all settings as the deployment itself does.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        let embedded = match &self.place {
            Place::Machine(_) => Some(EMBEDDED_OPENMEMORY.to_owned()),
            Place::Aws(_) => None,
        };
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => self.get(name).or_else(|| embedded.clone()),
            // `signer` below signs with the operator's credentials instead.
            "OPENMEMORY_AUTH" if matches!(self.place, Place::Aws(_)) => None,
            "OPENMEMORY_DIALECT" => Some(self.get(name).unwrap_or_else(|| "auto".to_owned())),
            _ => self.get(name),
        };
        let mut settings = Settings::read(lookup)?;
        if let Place::Aws(stack) = &self.place {
            settings.openmemory.signer = self.signer(stack);
        }
        Ok(settings)
    }

    /// Returns the identity that signs requests to the memory store. The operator's credentials
    /// sign if the store is the stack's own function behind IAM. A store named in the shell gets no
    /// signature.
    fn signer(&self, stack: &Stack) -> Option<Identity> {
        let url = self.get("OPENMEMORY_API_URL");
        let is_own_store = url.is_some() && url == stack.setting("OPENMEMORY_API_URL");
        let uses_iam = stack
            .setting("OPENMEMORY_AUTH")
            .is_some_and(|auth| auth == "iam");
        (is_own_store && uses_iam).then(|| stack.session.identity().clone())
    }

    /// Returns the base URL of the webhooks.
    pub(crate) fn url(&self) -> Result<Url, Failure> {
        match &self.place {
            Place::Aws(stack) => Ok(stack.base_url()?),
            Place::Machine(_) => {
                let host = self.get("HOST").unwrap_or_else(|| "127.0.0.1".to_owned());
                let port = self.get("PORT").unwrap_or_else(|| "8000".to_owned());
                let url = Url::parse(&format!("http://{}:{}", host.trim(), port.trim()));
                Ok(url.map_err(|_| DeploymentError::NoUrl)?)
            }
        }
    }

    /// Checks that a key sent to this URL cannot be read in transit: the URL uses HTTPS, or its
    /// host is in `PLAIN_HTTP_HOSTS`.
    ///
    /// # Errors
    /// [`DeploymentError::PlainHttp`] otherwise.
    pub(crate) fn check_key_transport(&self, url: &Url) -> Result<(), Failure> {
        let plain_http_hosts = self.get("PLAIN_HTTP_HOSTS");
        if common::http_client::may_carry_key(url, plain_http_hosts.as_deref()) {
            Ok(())
        } else {
            let host = url.host_str().unwrap_or_default().to_owned();
            Err(DeploymentError::PlainHttp(host).into())
        }
    }

    /// Returns a client of the memory store.
    pub(crate) fn openmemory(&self) -> Result<OpenMemory, Failure> {
        self.openmemory_with(self.settings()?.memory.pseudonymous_callers, STORE_TIMEOUT)
    }

    /// Returns a client that sends callers by number or by pseudonym, whatever
    /// `PSEUDONYMOUS_CALLERS` says.
    pub(crate) fn openmemory_with(
        &self,
        pseudonymous: bool,
        call_limit: Duration,
    ) -> Result<OpenMemory, Failure> {
        let settings = self.settings()?;
        Ok(OpenMemory::new(
            self.context.http.clone(),
            &settings.openmemory,
            self.secrets(),
            pseudonymous,
            call_limit,
        ))
    }

    /// Returns a client that detects the store's dialect, and the dialect that the settings name.
    pub(crate) fn openmemory_detecting_dialect(
        &self,
        call_limit: Duration,
    ) -> Result<(OpenMemory, DialectSetting), Failure> {
        let mut settings = self.settings()?.openmemory;
        let configured = std::mem::replace(&mut settings.dialect, DialectSetting::Auto);
        Ok((
            OpenMemory::new(
                self.context.http.clone(),
                &settings,
                self.secrets(),
                false,
                call_limit,
            ),
            configured,
        ))
    }

    /// Returns the archive of calls.
    pub(crate) fn calls(&self) -> Result<CallStore, Failure> {
        match &self.place {
            Place::Machine(machine) => CallStore::folder(
                &machine.data_dir,
                self.get("ELEVENLABS_POST_CALL_PAYLOAD_PATH")
                    .map(PathBuf::from),
            ),
            Place::Aws(stack) => {
                let config = stack.session.config();
                Ok(CallStore::bucket(config, stack.output("PayloadBucket")?))
            }
        }
    }

    /// Returns the name shown to people: the data folder or the name of the stack.
    pub(crate) fn name(&self) -> String {
        match &self.place {
            Place::Machine(machine) => machine.data_dir.display().to_string(),
            Place::Aws(stack) => stack.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_prompted_for_secrets_but_never_for_the_pepper() {
        let mut context = Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH);
        context.is_interactive = true;
        context.prompt_secret = |_| Some("typed".into());
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Machine(Machine::open(folder.path()).unwrap());
        let deployment = Deployment {
            context,
            place,
            entered: Mutex::default(),
        };
        assert_eq!(
            deployment
                .secret("WEBHOOK_API_KEY")
                .unwrap()
                .expose_secret(),
            "typed"
        );
        let failure = deployment.secret(PEPPER).unwrap_err();
        assert!(matches!(
            failure.downcast_ref(),
            Some(DeploymentError::MissingSecret(PEPPER))
        ));
    }
}
