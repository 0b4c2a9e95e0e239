//! The rows of the fake server: storage, deduplication and search.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

/// Maximum length of an added row in characters; the rest is cut off.
const MAX_CONTENT_CHARS: usize = 200;

/// A row of the fake server.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id of the row.
    pub id: String,
    /// The user that the row belongs to.
    pub user: String,
    /// The text of the row.
    pub content: String,
    /// The metadata that the client supplied.
    pub metadata: Value,
    created_at: i64,
    salience: f64,
    simhash: u32,
}

/// All rows, and the cache of search results.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    query_cache: HashMap<String, Vec<Value>>,
    added: u64,
}

impl Rows {
    /// Adds a row. Drops a row with the same simhash as any user's row, and returns the id of that
    /// row.
    pub(super) fn add(&mut self, user: &str, content: &str, metadata: Value) -> Value {
        let simhash = simhash(content);
        if let Some(same) = self.all.iter_mut().find(|row| row.simhash == simhash) {
            same.salience = (same.salience + 0.15).min(1.0);
            return json!({"id": same.id, "primary_sector": "semantic", "sectors": ["semantic"], "deduplicated": true});
        }
        self.added += 1;
        let id = format!("00000000-0000-4000-8000-{:012x}", self.added);
        let created_at = 1_795_384_487_000 + i64::try_from(self.added).unwrap();
        self.all.push(Row {
            id: id.clone(),
            user: user.to_owned(),
            content: content.chars().take(MAX_CONTENT_CHARS).collect(),
            metadata,
            created_at,
            salience: 0.4,
            simhash,
        });
        json!({"id": id, "primary_sector": "semantic", "sectors": ["semantic"], "chunks": 1})
    }

    pub(super) fn row(&mut self, id: &str) -> Option<&mut Row> {
        self.all.iter_mut().find(|row| row.id == id)
    }

    /// Lists the rows of a user, or of all users, newest first.
    pub(super) fn list(&self, user: Option<&str>, limit: usize, offset: usize) -> Vec<Value> {
        let of_user = self
            .all
            .iter()
            .rev()
            .filter(|row| user.is_none_or(|user| row.user == user));
        of_user
            .skip(offset)
            .take(limit)
            .map(|row| row.json(user.is_none()))
            .collect()
    }

    /// Returns the user's rows among the best `k` of all users. The scores are only comparable
    /// within one response. The response is cached regardless of later deletions, and the salience
    /// of the found rows grows.
    pub(super) fn query(&mut self, query: &str, k: usize, user: &str) -> Vec<Value> {
        let cache_key = format!("{query}:{k}:{user}");
        if let Some(cached) = self.query_cache.get(&cache_key) {
            return cached.clone();
        }
        let query_tokens = tokens(query);
        let mut scored: Vec<(f64, usize)> = self
            .all
            .iter()
            .enumerate()
            .map(|(index, row)| (row.similarity(&query_tokens), index))
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0));
        scored.truncate(k);
        scored.retain(|(_, index)| self.all[*index].user == user);
        let count = scored.len().max(1) as f64;
        let mean = scored.iter().map(|(score, _)| score).sum::<f64>() / count;
        let deviation = (scored
            .iter()
            .map(|(score, _)| (score - mean).powi(2))
            .sum::<f64>()
            / count)
            .sqrt()
            + 1e-9;
        let hits: Vec<Value> = scored
            .iter()
            .map(|(score, index)| self.all[*index].hit((score - mean) / deviation))
            .collect();
        for (_, index) in scored {
            self.all[index].salience = (self.all[index].salience + 0.1).min(1.0);
        }
        self.query_cache.insert(cache_key, hits.clone());
        hits
    }
}

impl Row {
    fn json(&self, with_user: bool) -> Value {
        let mut fields: Map<String, Value> =
            serde_json::from_value(json!({"id": self.id, "content": self.content, "tags": [],
            "metadata": self.metadata, "created_at": self.created_at, "updated_at": self.created_at,
            "last_seen_at": self.created_at, "salience": self.salience, "decay_lambda": 0.005,
            "primary_sector": "semantic", "version": 1}))
            .unwrap();
        if with_user {
            fields.insert("user_id".to_owned(), json!(self.user));
        }
        fields.into()
    }

    /// Returns the row as a search result, which has neither metadata nor tags.
    fn hit(&self, score: f64) -> Value {
        json!({"id": self.id, "content": self.content, "score": score, "sectors": ["semantic"], "primary_sector": "semantic",
            "path": [self.id], "salience": self.salience, "last_seen_at": self.created_at})
    }

    fn similarity(&self, query_tokens: &BTreeSet<String>) -> f64 {
        let own = tokens(&self.content);
        own.intersection(query_tokens).count() as f64 + self.salience / 10.0
    }
}

fn tokens(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 1)
        .map(|word| word.trim_end_matches('s').to_owned())
        .collect()
}

/// Computes a simhash of 32 bits. These are so few that sentences with the same template often
/// collide.
fn simhash(text: &str) -> u32 {
    let hash = |word: &String| {
        word.bytes().fold(0_i32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(i32::from(byte))
        })
    };
    let hashes: Vec<i32> = tokens(text).iter().map(hash).collect();
    (0..32).fold(0, |bits, bit| {
        let set = hashes.iter().filter(|hash| *hash & (1 << bit) != 0).count();
        if set * 2 > hashes.len() {
            bits | 1 << bit
        } else {
            bits
        }
    })
}
