//! The deployment that a command is about: one machine by its data folder, or a stack on AWS by its
//! stage.
//!
//! Everything a command needs of it comes from here, by the names of the settings. On one machine:
//! the environment, then `.env`, then the development secrets of the data folder. On AWS: the
//! deployment's secret, then the environment, then the parameters of the stack, then `.env`. A
//! secret of the deployment comes before the shell's: with another pepper a caller would not be
//! found, and so not be forgotten.

mod arguments;
mod aws;
mod credentials;
mod error;
mod machine;
mod samconfig;
mod stack;
mod store;

pub(crate) use arguments::DeploymentArguments;
pub(crate) use aws::AwsApi;
pub(crate) use error::DeploymentError;
pub(crate) use stack::Stack;
pub(crate) use store::CallStore;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::aws::config_as;
use common::openmemory::OpenMemory;
use common::secrets::{SecretSet, Secrets};
use common::settings::{DialectSetting, Settings};
use common::signed::Identity;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::audit::AuditTrail;
use crate::context::Context;
use crate::failure::Failure;
use machine::Machine;

/// How long one call of an operator to the memory store may take.
const STORE_LIMIT: Duration = Duration::from_secs(30);
/// Typed wrongly it would find nobody's calls, and what finds nothing reports success: it is never
/// asked for.
const PEPPER: &str = "CALLER_ID_PEPPER";
/// Where the OpenMemory of elaaoms-local is, unless said otherwise.
const EMBEDDED_OPENMEMORY: &str = "http://127.0.0.1:8080";

/// A deployment, found.
pub(crate) struct Deployment {
    pub(crate) context: Context,
    pub(crate) place: Place,
    /// Secrets that were asked for in this run.
    entered: Mutex<HashMap<&'static str, SecretString>>,
}

/// Where it runs.
pub(crate) enum Place {
    /// Everything in one process, below one folder.
    Machine(Machine),
    /// A stack of the template.
    Aws(Box<Stack>),
}

impl Deployment {
    /// Finds it: on AWS the stack is described and its secret read.
    pub(crate) async fn find(
        arguments: &DeploymentArguments,
        context: &Context,
    ) -> Result<Self, Failure> {
        let place = match arguments.names_a_stack() {
            true => Place::Aws(Box::new(Stack::find(arguments, context).await?)),
            false => Place::Machine(Machine::at(&arguments.data_dir)?),
        };
        Ok(Self {
            context: context.clone(),
            place,
            entered: Mutex::default(),
        })
    }

    #[cfg(test)]
    fn of_stack(context: Context, stack: Stack) -> Self {
        Self {
            context,
            place: Place::Aws(Box::new(stack)),
            entered: Mutex::default(),
        }
    }

    /// A setting or secret by its name, or `None`.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let variables = &self.context.variables;
        let found = match &self.place {
            Place::Machine(machine) => variables
                .get(name)
                .or_else(|| machine.development_secret(name)),
            Place::Aws(stack) => stack
                .secret(name)
                .or_else(|| variables.exported(name))
                .or_else(|| stack.setting(name))
                .or_else(|| variables.in_dotenv(name)),
        };
        found.or_else(|| Some(self.entered().get(name)?.expose_secret().to_owned()))
    }

    /// A secret that this command cannot do without. Whoever sits at the terminal is asked for one
    /// that is not set, but for the pepper.
    pub(crate) fn secret(&self, name: &'static str) -> Result<SecretString, Failure> {
        if let Some(found) = self.get(name) {
            return Ok(found.into());
        }
        let is_interactive = self.context.is_interactive && name != PEPPER;
        let asked = is_interactive
            .then(|| (self.context.prompt_secret)(name))
            .flatten();
        let entered = asked.ok_or(Failure::MissingSecret(name))?;
        self.entered().insert(name, entered.clone());
        Ok(entered)
    }

    fn entered(&self) -> MutexGuard<'_, HashMap<&'static str, SecretString>> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All secrets, as the deployment itself reads them.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::fixed(SecretSet::read(|name| self.get(name)))
    }

    /// All settings, as the deployment itself reads them.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        let embedded = match &self.place {
            Place::Machine(_) => Some(EMBEDDED_OPENMEMORY.to_owned()),
            Place::Aws(_) => None,
        };
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => self.get(name).or_else(|| embedded.clone()),
            // Signed with the credentials that found the stack, see below.
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

    /// In whose name the memory store of a stack is asked: the operator's own, where it is the
    /// stack's own function. Another store, named by the shell, gets no signature.
    fn signer(&self, stack: &Stack) -> Option<Identity> {
        let asked = self.get("OPENMEMORY_API_URL");
        let is_its_own = asked.is_some() && asked == stack.setting("OPENMEMORY_API_URL");
        let signs = stack
            .setting("OPENMEMORY_AUTH")
            .is_some_and(|auth| auth == "iam");
        (is_its_own && signs).then(|| stack.api.identity().clone())
    }

    /// Base URL of the webhooks.
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

    /// Refuses to send a key to an address over plain HTTP, where others could read it.
    pub(crate) fn may_send_key(&self, url: &Url) -> Result<(), Failure> {
        let plain_http_hosts = self.get("PLAIN_HTTP_HOSTS");
        let may = common::http_client::may_carry_key(url, plain_http_hosts.as_deref());
        if may {
            Ok(())
        } else {
            Err(Failure::PlainHttp(
                url.host_str().unwrap_or_default().to_owned(),
            ))
        }
    }

    /// Its memory store.
    pub(crate) fn openmemory(&self) -> Result<OpenMemory, Failure> {
        self.openmemory_as(self.settings()?.memory.pseudonymous_callers, STORE_LIMIT)
    }

    /// The same, with callers by number or by pseudonym, whatever the setting says.
    pub(crate) fn openmemory_as(
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

    /// The same in the dialect that it turns out to speak, and the one that the settings say.
    pub(crate) fn openmemory_as_found(
        &self,
        call_limit: Duration,
    ) -> Result<(OpenMemory, DialectSetting), Failure> {
        let mut settings = self.settings()?.openmemory;
        let said = std::mem::replace(&mut settings.dialect, DialectSetting::Auto);
        Ok((
            OpenMemory::new(
                self.context.http.clone(),
                &settings,
                self.secrets(),
                false,
                call_limit,
            ),
            said,
        ))
    }

    /// Where it keeps calls.
    pub(crate) fn calls(&self) -> Result<CallStore, Failure> {
        match &self.place {
            Place::Machine(machine) => CallStore::folder(
                &machine.data_dir,
                self.get("ELEVENLABS_POST_CALL_PAYLOAD_PATH")
                    .map(PathBuf::from),
            ),
            Place::Aws(stack) => {
                let config = config_as(
                    self.context.http.clone(),
                    |name| self.context.get(name),
                    stack.api.identity(),
                );
                Ok(CallStore::bucket(&config, stack.output("PayloadBucket")?))
            }
        }
    }

    /// Where what is done to it is written down.
    pub(crate) fn trail(&self) -> Result<AuditTrail, Failure> {
        match &self.place {
            Place::Machine(machine) => Ok(AuditTrail::File(machine.data_dir.join("audit.log"))),
            Place::Aws(stack) => Ok(AuditTrail::Bucket(self.calls()?, Some(stack.api.clone()))),
        }
    }

    /// What it is called, for people: the data folder or the name of the stack.
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
    fn whoever_sits_at_the_terminal_is_asked_for_a_secret_and_never_for_the_pepper() {
        let mut context = Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH);
        context.is_interactive = true;
        context.prompt_secret = |_| Some("typed".into());
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Machine(Machine::at(folder.path()).unwrap());
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
        assert!(matches!(
            deployment.secret(PEPPER),
            Err(Failure::MissingSecret(PEPPER))
        ));
    }
}
