//! The requests of this dialect, and the meaning of its responses.

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

/// Number of rows in a page.
const PAGE: usize = 1000;
/// Number of pages that are requested concurrently, after the first one.
const CONCURRENT_PAGES: usize = 4;
/// Approximate maximum number of rows that are read of one user, newest first.
const MAX_ROWS: usize = 20_000;
/// Number of results that a query requests. It is large because the server's vector search takes
/// the best rows of all users and filters them by user afterwards.
const QUERY_LIMIT: usize = 200;
/// Number of deletions that are requested concurrently.
const CONCURRENT_DELETES: usize = 4;
/// How often a placeholder is created anew if it collides with another row.
const MAX_ATTEMPTS: usize = 5;

/// Requests the memories of a user that does not exist. This changes nothing and shows whether the
/// server can be used.
pub(in super::super) async fn probe(server: &Server) -> Result<(), OpenMemoryError> {
    page(server, "om-probe", 0, 1).await.map(|_| ())
}

/// Returns a successful response, or the error for its status and error code.
pub(super) fn check_status(response: HttpResponse) -> Result<HttpResponse, OpenMemoryError> {
    #[derive(Deserialize, Default)]
    struct ErrorBody {
        error: Option<Value>,
    }
    let body: ErrorBody = if response.status.is_success() {
        ErrorBody::default()
    } else {
        response.json().unwrap_or_default()
    };
    match (response.status, body.error.as_ref().and_then(Value::as_str)) {
        (StatusCode::FORBIDDEN, Some("tenant_mismatch")) => Err(OpenMemoryError::TenantLocked),
        (StatusCode::FORBIDDEN, Some("invalid_api_key")) => Err(OpenMemoryError::KeyRefused),
        (StatusCode::FORBIDDEN, None) => Err(OpenMemoryError::WrongCaller),
        (StatusCode::UNAUTHORIZED, _) => Err(OpenMemoryError::KeyMissing),
        (StatusCode::SERVICE_UNAVAILABLE, Some("auth_not_configured")) => {
            Err(OpenMemoryError::KeyNotConfigured)
        }
        _ => Ok(response.success()?),
    }
}

/// Returns a page of one user's rows, newest first.
async fn page(
    server: &Server,
    user: &str,
    offset: usize,
    limit: usize,
) -> Result<Vec<Row>, OpenMemoryError> {
    #[derive(Deserialize)]
    struct ListResponse {
        user_id: String,
        items: Vec<Row>,
    }
    let mut url = server.url(&["users", user, "memories"]);
    url.query_pairs_mut()
        .append_pair("l", &limit.to_string())
        .append_pair("u", &offset.to_string());
    let response = server.send(server.get(url)).await?;
    if response.status == StatusCode::NOT_FOUND {
        return Err(OpenMemoryError::TooOld);
    }
    let listed: ListResponse = check_status(response)?.json()?;
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

/// Returns a page of the rows of all users, newest first.
pub(super) async fn page_of_all_users(
    server: &Server,
    offset: usize,
    limit: usize,
) -> Result<Vec<Row>, OpenMemoryError> {
    #[derive(Deserialize)]
    struct ListResponse {
        items: Vec<Row>,
    }
    let mut url = server.url(&["memory", "all"]);
    url.query_pairs_mut()
        .append_pair("l", &limit.to_string())
        .append_pair("u", &offset.to_string());
    let listed: ListResponse = check_status(server.send(server.get(url)).await?)?.json()?;
    Ok(listed.items)
}

impl Cavira {
    /// Returns all rows of a user, newest first, without duplicates.
    pub(super) async fn rows(&self, user: &str) -> Result<Vec<Row>, OpenMemoryError> {
        let mut rows = page(&self.server, user, 0, PAGE).await?;
        let mut requested = PAGE;
        let mut is_full = rows.len() >= PAGE;
        while is_full && requested < MAX_ROWS {
            let offsets = (0..CONCURRENT_PAGES).map(|number| requested + number * PAGE);
            let pages =
                try_join_all(offsets.map(|offset| page(&self.server, user, offset, PAGE))).await?;
            requested += CONCURRENT_PAGES * PAGE;
            is_full = pages.iter().all(|page| page.len() >= PAGE);
            rows.extend(pages.into_iter().flatten());
        }
        // A row that is written meanwhile moves another one to the next page, where it appears
        // again.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| seen.insert(row.id.clone()));
        Ok(rows)
    }

    /// Returns the ids of the memories that the server finds for a query, best first. Its scores
    /// are meaningless and are ignored.
    pub(super) async fn query(
        &self,
        query: &str,
        user: &str,
    ) -> Result<Vec<MemoryId>, OpenMemoryError> {
        #[derive(Deserialize)]
        struct QueryResponse {
            matches: Vec<Match>,
        }
        #[derive(Deserialize)]
        struct Match {
            id: MemoryId,
        }
        let body = json!({"query": query, "k": QUERY_LIMIT, "user_id": user, "filters": {"user_id": user}});
        let found: QueryResponse = self
            .send(Method::POST, &["memory", "query"], &body)
            .await?
            .json()?;
        Ok(found.matches.into_iter().map(|one| one.id).collect())
    }

    /// Stores a row in two steps: it adds a placeholder and then replaces its content.
    ///
    /// When a row is added, the server drops it if it resembles a row of any user, and truncates it
    /// if it is long. It does neither when a row is changed. If the second step fails, the
    /// placeholder is deleted. If that fails too, the placeholder stays but is never returned.
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
        for _ in 0..MAX_ATTEMPTS {
            let tokens: Vec<String> = (0..5)
                .map(|_| format!("{:012x}", fastrand::u64(..1 << 48)))
                .collect();
            let content = format!("om-pending {}", tokens.join(" "));
            let body = json!({"content": content, "tags": [], "metadata": {"pending": true}, "user_id": user});
            let added: Added = self
                .send(Method::POST, &["memory", "add"], &body)
                .await?
                .json()?;
            // A deduplicated id belongs to another row, perhaps of another caller.
            if !added.deduplicated {
                return Ok(added.id);
            }
        }
        Err(CallError::Failing(StatusCode::CONFLICT).into())
    }

    /// Replaces the metadata of a row and, if given, its content.
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

    /// Reinforces a row at the server, so that its salience does not decay.
    pub(super) async fn reinforce_row(&self, id: &MemoryId) -> Result<(), OpenMemoryError> {
        self.send(
            Method::POST,
            &["memory", "reinforce"],
            &json!({"id": id, "boost": 0.1}),
        )
        .await
        .map(|_| ())
    }

    /// Deletes a row. Succeeds if the row does not exist.
    pub(super) async fn delete_row(&self, id: &MemoryId) -> Result<(), OpenMemoryError> {
        let url = self.server.url(&["memory", &id.0]);
        let response = self
            .server
            .send(self.server.delete(url).json(&json!({})))
            .await?;
        let is_gone = response.status == StatusCode::NOT_FOUND
            && response.json::<Map<String, Value>>().is_ok();
        if is_gone {
            Ok(())
        } else {
            check_status(response).map(|_| ())
        }
    }

    pub(super) async fn delete_all(&self, rows: &[Row]) -> Result<(), OpenMemoryError> {
        for some in rows.chunks(CONCURRENT_DELETES) {
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
        check_status(
            self.server
                .send(self.server.send_json(method, self.server.url(path), body))
                .await?,
        )
    }
}
