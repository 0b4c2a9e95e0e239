//! The calls of this dialect, and what its answers mean.

use futures_util::future::{join_all, try_join_all};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::OpenMemoryError;
use super::super::server::Server;
use super::Cavira;
use super::row::Row;
use crate::http_client::{CallError, HttpResponse};
use crate::memory::MemoryId;

/// Rows that are asked for at once.
const PAGE: usize = 1000;
/// Pages that are asked for side by side after the first.
const SIDE_BY_SIDE: usize = 4;
/// The most rows of one user that are looked at, newest first.
const MOST_ROWS: usize = 20_000;
/// How deep the server's order is looked at. Its vector search takes the best of everybody and
/// picks the user's afterwards.
const DEPTH: usize = 200;
/// Calls that change something, side by side.
const WRITERS: usize = 4;
/// How often a placeholder that collides with another is made anew.
const TRIES: usize = 5;

/// Asks for the memories of a user that nobody is: changes nothing, and tells whether the server
/// can be used.
pub(in super::super) async fn probe(server: &Server) -> Result<(), OpenMemoryError> {
    page(server, "om-probe", 0, 1).await.map(|_| ())
}

/// The answer when it is a success, else what its status and its error code say.
pub(super) fn accepted(answer: HttpResponse) -> Result<HttpResponse, OpenMemoryError> {
    #[derive(Deserialize, Default)]
    struct Refusal {
        error: Option<Value>,
    }
    let refusal: Refusal = if answer.status.is_success() {
        Refusal::default()
    } else {
        answer.json().unwrap_or_default()
    };
    match (
        answer.status,
        refusal.error.as_ref().and_then(Value::as_str),
    ) {
        (StatusCode::FORBIDDEN, Some("tenant_mismatch")) => Err(OpenMemoryError::TenantLocked),
        (StatusCode::FORBIDDEN, Some("invalid_api_key")) => Err(OpenMemoryError::KeyRefused),
        (StatusCode::FORBIDDEN, None) => Err(OpenMemoryError::NotTheirs),
        (StatusCode::UNAUTHORIZED, _) => Err(OpenMemoryError::KeyMissing),
        (StatusCode::SERVICE_UNAVAILABLE, Some("auth_not_configured")) => {
            Err(OpenMemoryError::KeyNotConfigured)
        }
        _ => Ok(answer.success()?),
    }
}

async fn page(
    server: &Server,
    user: &str,
    offset: usize,
    limit: usize,
) -> Result<Vec<Row>, OpenMemoryError> {
    #[derive(Deserialize)]
    struct Listed {
        user_id: String,
        items: Vec<Row>,
    }
    let mut url = server.url(&["users", user, "memories"]);
    url.query_pairs_mut()
        .append_pair("l", &limit.to_string())
        .append_pair("u", &offset.to_string());
    let answer = server.ask(server.get(url)).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Err(OpenMemoryError::TooOld);
    }
    let listed: Listed = accepted(answer)?.json()?;
    let theirs = listed
        .items
        .iter()
        .all(|row| row.user_id.as_deref().is_none_or(|owner| owner == user));
    if listed.user_id == user && theirs {
        Ok(listed.items)
    } else {
        Err(CallError::Unreadable.into())
    }
}

/// A page of everybody's rows, newest first.
pub(super) async fn page_of_all(
    server: &Server,
    offset: usize,
    limit: usize,
) -> Result<Vec<Row>, OpenMemoryError> {
    #[derive(Deserialize)]
    struct Listed {
        items: Vec<Row>,
    }
    let mut url = server.url(&["memory", "all"]);
    url.query_pairs_mut()
        .append_pair("l", &limit.to_string())
        .append_pair("u", &offset.to_string());
    let listed: Listed = accepted(server.ask(server.get(url)).await?)?.json()?;
    Ok(listed.items)
}

impl Cavira {
    /// All rows of a user, newest first, each once.
    pub(super) async fn rows(&self, user: &str) -> Result<Vec<Row>, OpenMemoryError> {
        let mut rows = page(&self.server, user, 0, PAGE).await?;
        let mut asked = PAGE;
        let mut is_full = rows.len() >= PAGE;
        while is_full && asked < MOST_ROWS {
            let offsets = (0..SIDE_BY_SIDE).map(|number| asked + number * PAGE);
            let pages =
                try_join_all(offsets.map(|offset| page(&self.server, user, offset, PAGE))).await?;
            asked += SIDE_BY_SIDE * PAGE;
            is_full = pages.iter().all(|page| page.len() >= PAGE);
            rows.extend(pages.into_iter().flatten());
        }
        // A row that is written meanwhile pushes another onto the next page.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| seen.insert(row.id.clone()));
        Ok(rows)
    }

    /// The ids of the memories that the server finds for a question, best first. Its scores say
    /// nothing.
    pub(super) async fn query(
        &self,
        query: &str,
        user: &str,
    ) -> Result<Vec<MemoryId>, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Found {
            matches: Vec<Match>,
        }
        #[derive(Deserialize)]
        struct Match {
            id: MemoryId,
        }
        let body =
            json!({"query": query, "k": DEPTH, "user_id": user, "filters": {"user_id": user}});
        let found: Found = self
            .send(Method::POST, &["memory", "query"], &body)
            .await?
            .json()?;
        Ok(found.matches.into_iter().map(|one| one.id).collect())
    }

    /// Stores a row in two steps, because the server drops what resembles anybody's row and cuts
    /// what is long, but only when a row is added. When the second step fails the placeholder is
    /// taken away; if that fails too, it is never shown.
    pub(super) async fn store(
        &self,
        user: &str,
        content: &str,
        metadata: &Map<String, Value>,
    ) -> Result<MemoryId, OpenMemoryError> {
        let id = self.placeholder(user).await?;
        match self.patch(&id, user, Some(content), metadata).await {
            Ok(()) => Ok(id),
            Err(error) => {
                let _ = self.delete_row(&id).await;
                Err(error)
            }
        }
    }

    async fn placeholder(&self, user: &str) -> Result<MemoryId, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Added {
            id: MemoryId,
            #[serde(default)]
            deduplicated: bool,
        }
        for _ in 0..TRIES {
            let tokens: Vec<String> = (0..5)
                .map(|_| format!("{:012x}", fastrand::u64(..1 << 48)))
                .collect();
            let content = format!("om-pending {}", tokens.join(" "));
            let body = json!({"content": content, "tags": [], "metadata": {"pending": true}, "user_id": user});
            let added: Added = self
                .send(Method::POST, &["memory", "add"], &body)
                .await?
                .json()?;
            // Then the id is that of another row, perhaps of another caller.
            if !added.deduplicated {
                return Ok(added.id);
            }
        }
        Err(CallError::Failing(StatusCode::CONFLICT).into())
    }

    /// Replaces the metadata of a row, and its content where one is given.
    pub(super) async fn patch(
        &self,
        id: &MemoryId,
        user: &str,
        content: Option<&str>,
        metadata: &Map<String, Value>,
    ) -> Result<(), OpenMemoryError> {
        #[derive(Serialize)]
        struct Patch<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            content: Option<&'a str>,
            metadata: &'a Map<String, Value>,
            tags: [&'a str; 1],
            user_id: &'a str,
        }
        let body = Patch {
            content,
            metadata,
            tags: ["elaaoms"],
            user_id: user,
        };
        self.send(Method::PATCH, &["memory", &id.0], &body)
            .await
            .map(|_| ())
    }

    /// Tells the server that a memory was said again, so that it does not fade.
    pub(super) async fn reinforce_row(&self, id: &MemoryId) -> Result<(), OpenMemoryError> {
        self.send(
            Method::POST,
            &["memory", "reinforce"],
            &json!({"id": id, "boost": 0.1}),
        )
        .await
        .map(|_| ())
    }

    /// A row that is gone already is deleted.
    pub(super) async fn delete_row(&self, id: &MemoryId) -> Result<(), OpenMemoryError> {
        let url = self.server.url(&["memory", &id.0]);
        let answer = self
            .server
            .ask(self.server.delete(url).json(&json!({})))
            .await?;
        let is_gone =
            answer.status == StatusCode::NOT_FOUND && answer.json::<Map<String, Value>>().is_ok();
        if is_gone {
            Ok(())
        } else {
            accepted(answer).map(|_| ())
        }
    }

    pub(super) async fn delete_all(&self, rows: &[Row]) -> Result<(), OpenMemoryError> {
        for some in rows.chunks(WRITERS) {
            let deleted = join_all(some.iter().map(|row| self.delete_row(&row.id))).await;
            deleted.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<HttpResponse, OpenMemoryError> {
        accepted(
            self.server
                .ask(self.server.send_json(method, self.server.url(path), body))
                .await?,
        )
    }
}
