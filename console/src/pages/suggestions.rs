//! Callers that may be one person, of the whole store or of one caller. Nothing is linked until the
//! operator confirms it.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use common::suggestions::{Reason, Suggestion};
use serde_json::json;

use super::{Layout, PageQuery, render, time};
use crate::Console;
use crate::data::{PAGE_SIZE, Person, identities, suggestions};
use crate::error::PageError;

#[derive(Template)]
#[template(path = "suggestions.html")]
struct SuggestionsPage {
    layout: Layout,
    /// The caller whose suggestions these are; `None` for those of all callers.
    of: Option<CallerLink>,
    /// The address of this page.
    path: String,
    rows: Vec<SuggestionRow>,
    total: usize,
    read_at: String,
    /// Whether the store supports links.
    can_link: bool,
    page: usize,
    has_more: bool,
}

struct CallerLink {
    pseudonym: String,
    label: String,
}

struct SuggestionRow {
    one: CallerLink,
    other: CallerLink,
    reason: String,
}

/// `GET /callers/suggestions`
pub(crate) async fn of_all(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    page(&console, None, &query).await
}

/// `GET /callers/{pseudonym}/suggestions`
pub(crate) async fn of_one(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    page(&console, Some(&person), &query).await
}

async fn page(
    console: &Console,
    of: Option<&Person>,
    query: &PageQuery,
) -> Result<Response, PageError> {
    let found = suggestions(console, query.index()).await?;
    let own = match of {
        Some(person) => Some(names(console, person).await?),
        None => None,
    };
    let matching: Vec<Pair> = found
        .all
        .iter()
        .filter_map(|suggestion| Pair::new(console, suggestion))
        .filter(|pair| own.as_ref().is_none_or(|own| pair.concerns(own)))
        .collect();
    let total = matching.len();
    let start = query.index().saturating_mul(PAGE_SIZE);
    let pairs: Vec<Pair> = matching.into_iter().skip(start).take(PAGE_SIZE).collect();
    let can_link = match pairs.first() {
        Some(pair) => identities(console, &pair.one).await?.is_some(),
        None => true,
    };
    let counts = json!({"suggestions": pairs.len()});
    console.audit("suggest-links", of, counts).await?;
    render(&SuggestionsPage {
        layout: Layout::new(console, "callers"),
        path: match of {
            Some(person) => format!("/callers/{}/suggestions", person.pseudonym()),
            None => "/callers/suggestions".to_owned(),
        },
        of: of.map(link),
        has_more: total > start.saturating_add(pairs.len()) && !pairs.is_empty(),
        rows: pairs.iter().map(Pair::row).collect(),
        total,
        read_at: time(found.read_at),
        can_link,
        page: query.index() + 1,
    })
}

/// Returns the pseudonyms of all ids of a person. An export names linked callers by the main id.
async fn names(console: &Console, person: &Person) -> Result<BTreeSet<String>, PageError> {
    let ids = identities(console, person).await?.unwrap_or_default();
    Ok(ids
        .iter()
        .filter_map(|id| console.person_listed_as(&id.id))
        .map(|linked| linked.pseudonym().to_owned())
        .chain([person.pseudonym().to_owned()])
        .collect())
}

/// Two callers that may be one person.
struct Pair {
    one: Person,
    other: Person,
    reason: Reason,
}

impl Pair {
    fn new(console: &Console, suggestion: &Suggestion) -> Option<Self> {
        let [one, other] = &suggestion.callers;
        Some(Self {
            one: console.person_listed_as(one)?,
            other: console.person_listed_as(other)?,
            reason: suggestion.reason,
        })
    }

    fn concerns(&self, names: &BTreeSet<String>) -> bool {
        names.contains(self.one.pseudonym()) || names.contains(self.other.pseudonym())
    }

    fn row(&self) -> SuggestionRow {
        let (one, other) = (link(&self.one), link(&self.other));
        let reason = match self.reason {
            Reason::SameName => "Their caller cards have the same full name.".to_owned(),
            Reason::NumberInMemory => format!(
                "A memory of {} contains the number of {}.",
                one.label, other.label
            ),
        };
        SuggestionRow { one, other, reason }
    }
}

fn link(person: &Person) -> CallerLink {
    CallerLink {
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
    }
}

#[cfg(test)]
mod tests {
    use common::call::CallerId;

    use crate::testing::{Bench, CALLER};

    /// A caller with the same full name as [`CALLER`].
    const NAMESAKE: &str = "+12025550188";

    fn pseudonym(bench: &Bench, number: &str) -> String {
        let caller = CallerId::from_phone(number).unwrap();
        bench.console.person_of(&caller).pseudonym().to_owned()
    }

    #[tokio::test]
    async fn suggestions_name_the_reason_masked_and_are_audited() {
        let bench = Bench::with_namesakes(1).await;
        let cookie = bench.enter().await;
        let (status, html) = bench.page(&cookie, "/callers/suggestions").await;
        assert_eq!(status, 200, "{html}");
        assert!(html.contains("have the same full name"), "{html}");
        for number in [CALLER, NAMESAKE] {
            assert!(!html.contains(number), "{html}");
            let path = format!("/callers/{}\"", pseudonym(&bench, number));
            assert!(html.contains(&path), "{html}");
        }
        assert_eq!(*bench.actions.lock().unwrap(), ["suggest-links"]);
    }

    #[tokio::test]
    async fn only_a_confirmed_suggestion_is_linked() {
        let bench = Bench::with_namesakes(1).await;
        let cookie = bench.enter().await;
        let path = format!("{}/suggestions", bench.caller_path());
        let (_, html) = bench.page(&cookie, &path).await;
        let link = format!("{}/link", bench.caller_path());
        assert!(html.contains(&format!("action=\"{link}\"")), "{html}");
        let other = pseudonym(&bench, NAMESAKE);
        assert!(html.contains(&format!("value=\"{other}\"")), "{html}");
        let form = format!("other={other}");
        let (status, html) = bench.post(&cookie, &link, &form).await;
        assert_eq!(status, 400, "{html}");
        assert!(html.contains("Tick the box"), "{html}");
        let form = format!("other={other}&confirm=yes");
        let (status, html) = bench.post(&cookie, &link, &form).await;
        assert_eq!(status, 303, "{html}");
        let last = bench.actions.lock().unwrap().last().copied();
        assert_eq!(last, Some("link"));
    }

    #[tokio::test]
    async fn a_caller_without_a_suggestion_sees_none_of_others() {
        let bench = Bench::with_namesakes(1).await;
        let cookie = bench.enter().await;
        let stranger = pseudonym(&bench, "+12025550111");
        let path = format!("/callers/{stranger}/suggestions");
        let (status, html) = bench.page(&cookie, &path).await;
        assert_eq!(status, 200, "{html}");
        assert!(html.contains("class=\"empty\""), "{html}");
        assert!(!html.contains("same full name"), "{html}");
    }

    #[tokio::test]
    async fn many_suggestions_have_pages() {
        let bench = Bench::with_namesakes(51).await;
        let cookie = bench.enter().await;
        let (_, html) = bench.page(&cookie, "/callers/suggestions").await;
        assert_eq!(html.matches("class=\"memory\"").count(), 50);
        assert!(html.contains("/callers/suggestions?page=2"), "{html}");
        assert!(html.len() < 100_000, "{} bytes", html.len());
        let (_, html) = bench.page(&cookie, "/callers/suggestions?page=2").await;
        assert_eq!(html.matches("class=\"memory\"").count(), 1);
        assert!(!html.contains("?page=3"), "{html}");
    }

    #[tokio::test]
    async fn the_list_and_the_page_of_a_caller_lead_to_the_suggestions_without_an_export() {
        let bench = Bench::with_namesakes(1).await;
        let cookie = bench.enter().await;
        let (_, html) = bench.page(&cookie, "/callers").await;
        assert!(html.contains("href=\"/callers/suggestions\""), "{html}");
        let (_, html) = bench.page(&cookie, &bench.caller_path()).await;
        let path = format!("href=\"{}/suggestions\"", bench.caller_path());
        assert!(html.contains(&path), "{html}");
        assert_eq!(bench.exports(), 0);
    }
}
