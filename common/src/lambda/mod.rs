//! Startup and request handling that all functions on AWS Lambda share.

mod emf;
mod live;
mod memory;
#[cfg(feature = "sqs")]
mod queue;

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::service_fn;
use tower::ServiceExt;

use crate::elevenlabs::auth::{SourceIp, WebhookAuth};
use crate::http_client;
use crate::llm::Llm;
use crate::measure;
use crate::openmemory::OpenMemory;
use crate::secrets::manager::{Access, Manager};
use crate::secrets::{SecretSet, Secrets};
use crate::settings::{MonitoringSettings, Settings, environment, retired, retired_on_lambda};
use crate::telemetry::{self, LogFormat};
use crate::trace::{self, IncomingTrace};

pub use emf::Emf;
pub use lambda_http::Error;
pub use live::Live;
#[cfg(feature = "sqs")]
pub use queue::serve_queue;

/// How long the start of a provisioned instance waits for the secrets.
const PREFETCH_TIMEOUT: Duration = Duration::from_secs(1);

/// What every function needs.
#[derive(Debug, Clone)]
pub struct Function {
    /// The settings.
    pub settings: Settings,
    /// The process's HTTP client.
    pub http: reqwest::Client,
    /// The secrets. Requests wait for them only when they need them.
    pub secrets: Secrets,
    /// The metrics recorder.
    pub emf: &'static Emf,
}

/// Starts the function `name`: logging, settings, HTTP client and secrets. Call it once, inside the
/// Tokio runtime.
///
/// # Errors
/// Returns everything that is missing or wrong in the settings.
pub async fn start(name: &'static str) -> Result<Function, Error> {
    telemetry::init(LogFormat::Json, environment);
    for line in retired(environment)
        .into_iter()
        .chain(retired_on_lambda(environment))
    {
        tracing::warn!("{line}");
    }
    let settings = Settings::read(environment)?;
    let http = http_client::build_from_settings(environment)?;
    let emf = install_metrics(name)?;
    let secrets = secrets(&http).await?;
    Ok(Function {
        settings,
        http,
        secrets,
        emf,
    })
}

/// Starts the function `name` with only its secrets, for a function that reads its own settings.
///
/// # Errors
/// Fails if `SECRETS_ARN` or `MONITORING` is invalid.
pub async fn start_with_secrets(name: &'static str) -> Result<(Secrets, &'static Emf), Error> {
    telemetry::init(LogFormat::Json, environment);
    let emf = install_metrics(name)?;
    let secrets = secrets(&http_client::build_from_settings(environment)?).await?;
    Ok((secrets, emf))
}

/// Starts the metrics of a function alone, for a function that reports why [`start`] failed
/// on its settings.
///
/// # Errors
/// Fails if `MONITORING` is invalid.
pub fn install_metrics(function: &'static str) -> Result<&'static Emf, Error> {
    let settings = MonitoringSettings::read(environment)?;
    Ok(Emf::install(settings, function, memory::size(environment)))
}

async fn secrets(http: &reqwest::Client) -> Result<Secrets, Error> {
    let secrets = match Access::read(environment)? {
        Some(access) => Secrets::managed(Manager::new(http.clone(), access)),
        None => Secrets::fixed(SecretSet::read(environment)),
    };
    if is_provisioned(environment) {
        // A failure stands in the secrets, and the first request tries again.
        let _ = tokio::time::timeout(PREFETCH_TIMEOUT, secrets.current()).await;
    } else {
        prefetch(&secrets);
    }
    Ok(secrets)
}

impl Function {
    /// Returns the authentication of webhooks.
    #[must_use]
    pub fn auth(&self) -> WebhookAuth {
        WebhookAuth::new(self.secrets.clone(), &self.settings.auth)
    }

    /// Returns the client of the memory store. Each request may take `request_timeout`.
    #[must_use]
    pub fn openmemory(&self, request_timeout: Duration) -> OpenMemory {
        let Settings {
            openmemory, memory, ..
        } = &self.settings;
        OpenMemory::new(
            self.http.clone(),
            openmemory,
            self.secrets.clone(),
            memory.pseudonymous_callers,
            request_timeout,
        )
    }

    /// Returns the model client, if a provider is configured.
    #[must_use]
    pub fn llm(&self) -> Option<Llm> {
        Llm::new(self.http.clone(), &self.settings.llm, self.secrets.clone())
    }
}

/// Serves API Gateway requests through `router` until the instance ends.
///
/// # Errors
/// Fails if the Lambda runtime is unreachable.
pub async fn serve(router: Router, emf: &'static Emf) -> Result<(), Error> {
    let handler = move |request| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(respond(router, request, emf).await) }
    };
    lambda_http::run(service_fn(handler)).await
}

/// Like [`serve`], with a router that follows changes of the settings.
///
/// # Errors
/// Fails if the Lambda runtime is unreachable.
pub async fn serve_live(router: Live<Router>, emf: &'static Emf) -> Result<(), Error> {
    let router = &router;
    let handler = move |request| async move {
        Ok::<_, Infallible>(respond(router.current().await, request, emf).await)
    };
    lambda_http::run(service_fn(handler)).await
}

/// Whether this instance starts long before its first request. Lambda then freezes the process
/// until that request, so nothing can be left to a background task.
fn is_provisioned(lookup: impl Fn(&str) -> Option<String>) -> bool {
    lookup("AWS_LAMBDA_INITIALIZATION_TYPE").as_deref() == Some("provisioned-concurrency")
}

/// Starts loading the secrets while Lambda still waits for the first event. Requests share this
/// load.
fn prefetch(secrets: &Secrets) {
    let secrets = secrets.clone();
    tokio::spawn(async move { secrets.current().await });
}

async fn respond(router: Router, request: lambda_http::Request, emf: &'static Emf) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    // `lambda_http` puts the invocation's X-Ray header among the headers.
    let incoming = IncomingTrace::read(request.headers());
    let routed = router.oneshot(to_router_request(request));
    let response = match trace::in_request(incoming, routed).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    measure::http_request(
        &method,
        emf.function(),
        response.status().as_u16(),
        started.elapsed(),
    );
    emf.end_of_invocation();
    response
}

/// Converts a Lambda request for the router without copying the body, and adds the source address
/// that API Gateway saw.
fn to_router_request(request: lambda_http::Request) -> http::Request<Body> {
    let (mut parts, body) = request.into_parts();
    let source = parts
        .extensions
        .remove::<RequestContext>()
        .as_ref()
        .and_then(source_ip);
    // Drop lambda_http's other extensions; the router does not use them.
    parts.extensions = http::Extensions::new();
    if let Some(source) = source {
        parts.extensions.insert(SourceIp(source));
    }
    http::Request::from_parts(parts, to_axum_body(body))
}

fn to_axum_body(body: lambda_http::Body) -> Body {
    match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    }
}

fn source_ip(context: &RequestContext) -> Option<IpAddr> {
    match context {
        RequestContext::ApiGatewayV2(ApiGatewayV2httpRequestContext { http, .. }) => {
            http.source_ip.as_ref()?.parse().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
