//! The greeting preview: what client-data would answer if the caller called now.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::subject::Subject;
use super::{Layout, PageQuery, pretty, render};
use crate::Console;
use crate::access::Submitted;
use crate::error::PageError;

#[derive(Template)]
#[template(path = "greeting.html")]
struct GreetingPage {
    layout: Layout,
    /// The pseudonym of the caller, so that no number is in the page.
    caller: String,
    label: String,
    agent: String,
    preview: Option<Preview>,
}

struct Preview {
    /// Name and value of each dynamic variable.
    variables: Vec<(String, String)>,
    json: String,
}

/// `GET /greeting`
pub(crate) async fn form(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    render(&GreetingPage {
        layout: Layout::new(&console, "greeting"),
        caller: query.caller.unwrap_or_default(),
        label: String::new(),
        agent: query.agent.unwrap_or_default(),
        preview: None,
    })
}

/// `POST /greeting`
pub(crate) async fn preview(
    State(console): State<Console>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let Subject { person, agent } = Subject::read(&console, &form).await?;
    let backend = console.backend();
    let store = person.store(backend);
    let response =
        client_data::outbound(store, &backend.settings, &agent, Some(person.id())).await?;
    console.audit("greeting", Some(&person), json!({})).await?;
    let body = serde_json::to_value(&response).unwrap_or_default();
    render(&GreetingPage {
        layout: Layout::new(&console, "greeting"),
        caller: person.pseudonym().to_owned(),
        label: person.label(),
        agent: agent.to_string(),
        preview: Some(Preview {
            variables: variables(&body),
            json: pretty(&response),
        }),
    })
}

fn variables(body: &Value) -> Vec<(String, String)> {
    let variables = body["dynamic_variables"].as_object();
    variables
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = value.as_str().unwrap_or_default();
            (name.clone(), text.to_owned())
        })
        .collect()
}
