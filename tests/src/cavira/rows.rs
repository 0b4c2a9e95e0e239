//! Its rows, and what happens to them.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

/// What a row is cut to when it is added, in characters.
const LONGEST_ADDED: usize = 200;

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its user.
    pub user: String,
    /// What it says.
    pub content: String,
    /// What its writer put beside it.
    pub metadata: Value,
    created_at: i64,
    salience: f64,
    simhash: u32,
}

/// All rows, and the answers that are remembered.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    remembered: HashMap<String, Vec<Value>>,
    added: u64,
}

impl Rows {
    /// Drops what has the simhash of anybody's row, and answers with that row's id.
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
            content: content.chars().take(LONGEST_ADDED).collect(),
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

    /// Newest first.
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

    /// The best `k` of everybody, of those the user's, with scores that only say which is better
    /// within one answer. The answer is remembered, whatever is deleted meanwhile, and what was
    /// found grows more salient.
    pub(super) fn query(&mut self, query: &str, k: usize, user: &str) -> Vec<Value> {
        let name = format!("{query}:{k}:{user}");
        if let Some(answer) = self.remembered.get(&name) {
            return answer.clone();
        }
        let asked = tokens(query);
        let mut scored: Vec<(f64, usize)> = self
            .all
            .iter()
            .enumerate()
            .map(|(place, row)| (row.closeness(&asked), place))
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0));
        scored.truncate(k);
        scored.retain(|(_, place)| self.all[*place].user == user);
        let count = scored.len().max(1) as f64;
        let mean = scored.iter().map(|(score, _)| score).sum::<f64>() / count;
        let deviation = (scored
            .iter()
            .map(|(score, _)| (score - mean).powi(2))
            .sum::<f64>()
            / count)
            .sqrt()
            + 1e-9;
        let answer: Vec<Value> = scored
            .iter()
            .map(|(score, place)| self.all[*place].hit((score - mean) / deviation))
            .collect();
        for (_, place) in scored {
            self.all[place].salience = (self.all[place].salience + 0.1).min(1.0);
        }
        self.remembered.insert(name, answer.clone());
        answer
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

    /// Neither metadata nor tags.
    fn hit(&self, score: f64) -> Value {
        json!({"id": self.id, "content": self.content, "score": score, "sectors": ["semantic"], "primary_sector": "semantic",
            "path": [self.id], "salience": self.salience, "last_seen_at": self.created_at})
    }

    fn closeness(&self, asked: &BTreeSet<String>) -> f64 {
        let own = tokens(&self.content);
        own.intersection(asked).count() as f64 + self.salience / 10.0
    }
}

fn tokens(text: &str) -> BTreeSet<String> {
    let words = text.to_lowercase();
    let words = words
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 1);
    words
        .map(|word| word.trim_end_matches('s').to_owned())
        .collect()
}

/// Thirty-two votes of the words' hashes: few enough bits that sentences over one template often
/// meet.
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
