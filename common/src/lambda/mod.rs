//! What every function does on AWS Lambda: start, answer through a router, and say how it went.

mod emf;
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
use crate::settings::{Settings, environment, retired, retired_on_lambda};
use crate::telemetry::{self, Form};

pub use emf::Emf;
pub use lambda_http::Error;
#[cfg(feature = "sqs")]
pub use queue::serve_queue;

/// What every function works with.
#[derive(Debug, Clone)]
pub struct Function {
    /// The settings.
    pub settings: Settings,
    /// The one HTTP client.
    pub http: reqwest::Client,
    /// The secrets. Nobody waits for them before they are needed.
    pub secrets: Secrets,
    /// Where figures go.
    pub emf: &'static Emf,
}

/// Starts a function of this name: log, settings, client, secrets. Call it once, inside the
/// runtime.
///
/// # Errors
/// Everything that is missing or wrong with the settings.
pub fn start(name: &'static str) -> Result<Function, Error> {
    telemetry::start(Form::Json, environment);
    for line in retired(environment)
        .into_iter()
        .chain(retired_on_lambda(environment))
    {
        tracing::warn!("{line}");
    }
    let settings = Settings::read(environment)?;
    let http = http_client::build_for(environment)?;
    let secrets = secrets(&http)?;
    let emf = Emf::install(&settings.stage, name, memory::size(environment));
    Ok(Function {
        settings,
        http,
        secrets,
        emf,
    })
}

/// Starts a function of this name that works with nothing but the secrets and its own settings.
///
/// # Errors
/// When the secrets' address is wrong.
pub fn start_with_secrets(name: &'static str) -> Result<(Secrets, &'static Emf), Error> {
    telemetry::start(Form::Json, environment);
    let secrets = secrets(&http_client::build_for(environment)?)?;
    let stage = environment("STAGE").unwrap_or_else(|| "dev".to_owned());
    Ok((
        secrets,
        Emf::install(&stage, name, memory::size(environment)),
    ))
}

fn secrets(http: &reqwest::Client) -> Result<Secrets, Error> {
    let secrets = match Access::read(environment)? {
        Some(access) => Secrets::managed(Manager::new(http.clone(), access)),
        None => Secrets::fixed(SecretSet::read(environment)),
    };
    fetch_ahead(&secrets);
    Ok(secrets)
}

impl Function {
    /// The doors of a webhook.
    #[must_use]
    pub fn auth(&self) -> WebhookAuth {
        WebhookAuth::new(self.secrets.clone(), &self.settings.auth)
    }

    /// The memory store, with a limit for each call to it.
    #[must_use]
    pub fn openmemory(&self, call_limit: Duration) -> OpenMemory {
        let Settings {
            openmemory, memory, ..
        } = &self.settings;
        OpenMemory::new(
            self.http.clone(),
            openmemory,
            self.secrets.clone(),
            memory.pseudonymous_callers,
            call_limit,
        )
    }

    /// The model, where there is one.
    #[must_use]
    pub fn llm(&self) -> Option<Llm> {
        Llm::new(self.http.clone(), &self.settings.llm, self.secrets.clone())
    }
}

/// Answers API Gateway through `router` for as long as the instance lives.
///
/// # Errors
/// When Lambda's runtime cannot be reached.
pub async fn serve(router: Router, emf: &'static Emf) -> Result<(), Error> {
    let handler = move |request| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request, emf).await) }
    };
    lambda_http::run(service_fn(handler)).await
}

/// Starts reading the secrets while Lambda still looks for the first event. A request that needs
/// them waits for the same reading.
fn fetch_ahead(secrets: &Secrets) {
    let secrets = secrets.clone();
    tokio::spawn(async move { secrets.current().await });
}

async fn answer(router: Router, request: lambda_http::Request, emf: &'static Emf) -> Response {
    let (started, method) = (Instant::now(), request.method().clone());
    let response = match router.oneshot(plain(request)).await {
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

/// The request as the router knows it: the body's bytes without copying them, and the address that
/// API Gateway saw.
fn plain(request: lambda_http::Request) -> http::Request<Body> {
    let (mut parts, body) = request.into_parts();
    let source = parts
        .extensions
        .remove::<RequestContext>()
        .as_ref()
        .and_then(source_ip);
    // What lambda_http put there besides is of no use behind this line.
    parts.extensions = http::Extensions::new();
    if let Some(source) = source {
        parts.extensions.insert(SourceIp(source));
    }
    http::Request::from_parts(parts, bytes_of(body))
}

fn bytes_of(body: lambda_http::Body) -> Body {
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
