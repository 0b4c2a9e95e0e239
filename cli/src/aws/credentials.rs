//! The operator's credentials, found as the AWS SDKs find them: in the environment, in a profile of
//! the AWS configuration files (keys, roles, SSO or another program), or from the role of a
//! container or a CI job.

use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::arguments::StackArguments;
use super::error::AwsError;
use crate::context::Context;

/// Finds the credentials. Returns the current ones, and a provider that replaces them when they
/// expire. `--profile` takes precedence over the environment.
pub(super) async fn find(
    arguments: &StackArguments,
    context: &Context,
    config: &SdkConfig,
) -> Result<(Credentials, SharedCredentialsProvider), AwsError> {
    if arguments.profile.is_none()
        && let Some(credentials) = from_environment(context)
    {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        return Ok((credentials, provider));
    }
    let profile = arguments.profile(context);
    let provider = providers(profile.as_deref(), config);
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|error| no_credentials(profile, &error))?;
    let provider = CurrentCredentials {
        current: Mutex::new(Some(credentials.clone())),
        provider,
    };
    Ok((credentials, SharedCredentialsProvider::new(provider)))
}

fn from_environment(context: &Context) -> Option<Credentials> {
    let key = context.get("AWS_ACCESS_KEY_ID")?;
    let secret = context.get("AWS_SECRET_ACCESS_KEY")?;
    let token = context.get("AWS_SESSION_TOKEN");
    Some(Credentials::new(key, secret, token, None, "environment"))
}

/// Returns the providers that are tried in turn: the profile, then the role of a CI job, then the
/// role of a container.
fn providers(profile: Option<&str>, config: &SdkConfig) -> SharedCredentialsProvider {
    let mut settings = ProviderConfig::without_region().with_region(config.region().cloned());
    if let Some(http) = config.http_client() {
        settings = settings.with_http_client(http);
    }
    let mut profiles = ProfileFileCredentialsProvider::builder().configure(&settings);
    if let Some(profile) = profile {
        profiles = profiles.profile_name(profile);
    }
    let profiles = profiles.build();
    if profile.is_some() {
        return SharedCredentialsProvider::new(profiles);
    }
    let job = WebIdentityTokenCredentialsProvider::builder().configure(&settings);
    let container = EcsCredentialsProvider::builder().configure(&settings);
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", profiles)
            .or_else("WebIdentityToken", job.build())
            .or_else("EcsContainer", container.build()),
    )
}

fn no_credentials(profile: Option<String>, error: &CredentialsError) -> AwsError {
    match (profile, error) {
        (None, CredentialsError::CredentialsNotLoaded(_)) => AwsError::NoCredentials,
        (profile, error) => AwsError::Profile {
            profile: profile.unwrap_or_else(|| "default".to_owned()),
            reason: root_cause(error),
        },
    }
}

/// Returns the innermost error, which names what is missing or wrong.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Provides the current credentials once, then those of `provider`, so that a command neither asks
/// twice at its start nor fails when they expire.
#[derive(Debug)]
struct CurrentCredentials {
    current: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for CurrentCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let current = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match current {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => self.provider.provide_credentials(),
        }
    }
}
