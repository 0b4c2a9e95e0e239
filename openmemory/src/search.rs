//! Finding the memories that answer: words and vectors fused into one relevance. Pure.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::candidates::ALL_UP_TO;
use crate::distinct::distinct;
use crate::embedding::{Asked, Closeness, Table};
use crate::memory::{AgentId, Callers, Filter, Memory, MemoryId};
use crate::relevance::{Age, Grounds, Passage, Question, Signs, rank, standard};
use crate::text::is_visible;
use crate::words::words;

/// What is looked for.
pub(crate) struct Search {
    pub(crate) callers: Callers,
    /// Every agent of the caller when there is none.
    pub(crate) agent_id: Option<AgentId>,
    /// Blank lists by importance.
    pub(crate) query: String,
    /// Whether memories that say the same in the same words are found once.
    pub(crate) distinct: bool,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// 0..=1; 0 asks for the best memories whatever their relevance. Without it a memory must have something to do
    /// with the question.
    pub(crate) min_relevance: Option<f64>,
}

/// A memory that answers, and how well (0..=1; 1 where nothing was asked).
pub(crate) struct Found {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
    /// The larger, the earlier it is given.
    order: f64,
}

/// The best of what was found, and how much was found in all.
pub(crate) struct Hits {
    pub(crate) best: Vec<Found>,
    pub(crate) total: usize,
}

/// The memories that a search looks at.
pub(crate) struct LookedAt {
    /// In their order of creation.
    pub(crate) memories: Vec<Memory>,
    /// How many memories each stands for where averages are taken.
    stands_for: Vec<f64>,
    /// How many memories the caller has.
    among: usize,
    /// How many memories may be in the answer that were not read.
    unread: usize,
}

/// By what memories and a question are compared.
pub(crate) enum Means {
    /// Words alone.
    Words,
    /// Words, and the bundled vectors of words.
    Senses(&'static Table),
    /// Words, vectors of whole texts, and the bundled vectors of words beside them.
    Vectors(Meaning),
}

/// How close the memories are to the question in meaning.
pub(crate) struct Meaning {
    /// Of those memories that have a vector.
    cosines: HashMap<MemoryId, f64>,
    /// The cosine of texts that have nothing to do with each other.
    unlike: f64,
    sum: f64,
    /// The largest cosine, and by how much it is larger than the next.
    nearest: f64,
    margin: f64,
}

impl Search {
    /// Whether memories are wanted that have nothing to do with the question.
    pub(crate) fn wants_all(&self) -> bool {
        self.min_relevance == Some(0.0)
    }

    /// Whether it lists instead of asking.
    pub(crate) fn is_blank(&self) -> bool {
        !is_visible(&self.query)
    }

    /// The best of the caller's memories, by words alone where there is no vector.
    pub(crate) fn pick(&self, looked_at: LookedAt, meaning: &Means) -> Hits {
        let unread = if self.wants_all() { looked_at.unread } else { 0 };
        let mut found = if self.is_blank() {
            looked_at.memories.into_iter().map(Found::unasked).collect()
        } else {
            self.answers(looked_at, meaning)
        };
        let least = self.min_relevance.unwrap_or_default();
        found.retain(|hit| hit.relevance >= least && self.filter.accepts(&hit.memory));
        // Memories come oldest first; a stable sort of the reverse leaves the newest first among equals.
        found.reverse();
        found.sort_by(Found::better_first);
        if self.distinct {
            distinct(&mut found);
        }
        let total = found.len() + unread;
        found.truncate(self.limit);
        Hits { best: found, total }
    }

    fn answers(&self, looked_at: LookedAt, meaning: &Means) -> Vec<Found> {
        let LookedAt { memories, stands_for, among, .. } = looked_at;
        let question = Question::parse(&self.query);
        let passages: Vec<Passage> =
            memories.iter().map(|memory| Passage::new(&memory.content, &memory.metadata, question.language)).collect();
        let (mut words, mut covered) = (vec![None; memories.len()], vec![0.0; memories.len()]);
        let mut covers_all = vec![false; memories.len()];
        for scored in rank(&question, &passages, &stands_for, among) {
            words[scored.index] = Some(scored.relevance);
            covered[scored.index] = scored.covered;
            covers_all[scored.index] = scored.covers_all;
        }
        let has_equals = question.age == Age::Newest || question.terms.len() == 1;
        let equals = has_equals.then_some(&*covers_all);
        let by_senses = |table| by_senses(table, &self.query, &question, (&passages, &stands_for), (&words, equals));
        let judged = match meaning {
            // By words alone the relevance is the order.
            Means::Words => words.iter().map(|words| judged_by_words(*words)).collect(),
            Means::Senses(table) => by_senses(table),
            Means::Vectors(meaning) => {
                // A model misses what single words tell, and the other way round.
                let table = Table::bundled().filter(|_| memories.len() <= ALL_UP_TO);
                let senses = table.map(by_senses).unwrap_or_default();
                meaning.judge(&memories, &question, &passages, &words, &senses)
            }
        };
        let newness = newness(memories.iter().map(|memory| memory.happened_at));
        let found = |(at, memory): (usize, Memory)| {
            let Judged { meaning, relevance } = judged[at];
            let relevance = relevance.filter(|relevance| *relevance > 0.0);
            let relevance = if self.wants_all() { relevance.unwrap_or_default() } else { relevance? };
            let may_answer = passages[at].may_answer(&question);
            let grounds = Grounds {
                meaning,
                words: covered[at],
                importance: memory.importance,
                is_pinned: memory.is_pinned(),
                newness: newness[at],
                age: question.age,
                has_wanted: passages[at].has_wanted(&question),
                may_answer,
            };
            Some(Found { memory, relevance, order: grounds.sum() })
        };
        memories.into_iter().enumerate().filter_map(found).collect()
    }
}

/// What is thought of a memory.
#[derive(Clone, Copy)]
struct Judged {
    /// For the order: its closeness in standard deviations.
    meaning: f64,
    /// How sure it answers; none when it has nothing to do with the question.
    relevance: Option<f64>,
}

const WORDS_ALONE: f64 = 10.0;

fn judged_by_words(words: Option<f64>) -> Judged {
    Judged { meaning: WORDS_ALONE * words.unwrap_or_default(), relevance: words }
}

/// Closeness that hardly differs between memories says little.
pub(crate) const LEAST_SPREAD: f64 = 0.05;
/// What meaning alone may give at most: it finds related memories, and does not tell an answer from them.
const MOST_BY_SENSE: f64 = 0.65;
/// What meeting the question word by word says beside the mean.
const BY_MET: f64 = 1.5;
/// Words of a question that are met less than this are met by chance, and from the other bound on they are met well.
const MET_BY_CHANCE: f64 = 0.2;
const MET_WELL: f64 = 0.6;
/// What is left of a relevance where what the question expects is not in the memory.
const MISMATCHED: f64 = 0.6;

/// For the order: how close a memory is, by its mean and word by word, each in standard deviations.
pub(crate) fn by_sense(mean: f64, met: f64) -> f64 {
    mean + BY_MET * met
}

fn by_senses(
    table: &Table,
    query: &str,
    question: &Question,
    (passages, stands_for): (&[Passage], &[f64]),
    (by_words, equals): (&[Option<f64>], Option<&[bool]>),
) -> Vec<Judged> {
    let mut asked = Asked::new(table, &words(query));
    let close = asked.closeness(passages.iter().map(Passage::weighted), stands_for);
    let spread = |value: fn(&Closeness) -> f64| {
        standard(&close.iter().map(|close| Some(value(close))).collect::<Vec<_>>(), stands_for, LEAST_SPREAD)
    };
    let (means, met) = (spread(|close| close.mean), spread(|close| close.word_by_rare_word));
    let sums: Vec<f64> = means.iter().zip(&met).map(|(mean, met)| by_sense(*mean, *met)).collect();
    // Where one thing or the newest of several is asked for, memories that have it are equals: what else they say
    // does not set them apart.
    let covers = |at: usize| equals.is_some_and(|equals| equals[at]);
    let covering = (0..passages.len()).filter(|at| covers(*at)).map(|at| sums[at]).fold(f64::MIN, f64::max);
    let judged = |at: usize| {
        let meaning = if covers(at) { covering } else { sums[at] };
        let is_met = ((close[at].word_by_word - MET_BY_CHANCE) / (MET_WELL - MET_BY_CHANCE)).clamp(0.0, 1.0);
        let stands_out = 1.0 / (1.0 + (1.5 - meaning).exp());
        let relevance = by_words[at].unwrap_or_default().max(MOST_BY_SENSE * is_met * stands_out);
        let fits = if passages[at].may_answer(question) { 1.0 } else { MISMATCHED };
        Judged { meaning, relevance: Some(to_four_decimals(relevance * fits)) }
    };
    (0..passages.len()).map(judged).collect()
}

/// For each memory by its time how new it is among all: 0 for the oldest, 1 for the newest.
pub(crate) fn newness(happened_at: impl Iterator<Item = Timestamp> + Clone) -> Vec<f64> {
    let times: BTreeSet<Timestamp> = happened_at.clone().collect();
    let times: Vec<Timestamp> = times.into_iter().collect();
    let last = times.len().saturating_sub(1).max(1) as f64;
    happened_at.map(|at| times.partition_point(|time| *time < at) as f64 / last).collect()
}

fn to_four_decimals(relevance: f64) -> f64 {
    (relevance * 10_000.0).round() / 10_000.0
}

/// What vectors of whole texts say about the order, and the vectors of single words beside them.
const BY_VECTORS: f64 = 2.0;
const BY_WORD_VECTORS: f64 = 0.5;

impl Meaning {
    /// Of the cosines of a question and the caller's memories; texts that are unlike have the cosine `unlike`.
    pub(crate) fn new(cosines: HashMap<MemoryId, f64>, unlike: f64) -> Self {
        let (mut nearest, mut next) = (f64::MIN, f64::MIN);
        for cosine in cosines.values() {
            if *cosine > nearest {
                (nearest, next) = (*cosine, nearest);
            } else {
                next = next.max(*cosine);
            }
        }
        // With a single memory there is nothing that it stands out from.
        let margin = if cosines.len() < 2 { 0.0 } else { nearest - next };
        let sum = cosines.values().sum();
        Self { cosines, unlike, sum, nearest, margin }
    }

    fn judge(
        &self,
        memories: &[Memory],
        question: &Question,
        passages: &[Passage],
        words: &[Option<f64>],
        senses: &[Judged],
    ) -> Vec<Judged> {
        let cosines: Vec<Option<f64>> = memories.iter().map(|memory| self.cosines.get(&memory.id).copied()).collect();
        let meaning = standard(&cosines, &vec![1.0; cosines.len()], self.least_spread());
        let of_words = |at: usize| senses.get(at).map_or(0.0, |sense| sense.meaning);
        let judged = |at: usize| Judged {
            meaning: BY_VECTORS * meaning[at] + BY_WORD_VECTORS * of_words(at),
            relevance: self.relevance(&memories[at].id, words[at], passages[at].may_answer(question)),
        };
        (0..memories.len()).map(judged).collect()
    }

    /// [`LEAST_SPREAD`] on the scale of the model: the cosines of some lie between 0.7 and 0.9.
    fn least_spread(&self) -> f64 {
        let mean = self.sum / self.cosines.len().max(1) as f64;
        (LEAST_SPREAD * (1.0 - mean)).max(f64::EPSILON)
    }

    fn relevance(&self, id: &MemoryId, words: Option<f64>, may_answer: bool) -> Option<f64> {
        let Some(&cosine) = self.cosines.get(id) else { return words };
        let margin = if cosine >= self.nearest { self.margin } else { 0.0 };
        // An unlike text beside the others, so that few memories say little and one alone is compared at all.
        let others = (self.sum - cosine + self.unlike) / self.cosines.len() as f64;
        Signs { cosine, others, unlike: self.unlike, margin, words, may_answer }.relevance()
    }
}

impl LookedAt {
    /// Of `among` memories all that may have something to do with the question.
    pub(crate) fn all(memories: Vec<Memory>, among: usize) -> Self {
        Self { stands_for: vec![1.0; memories.len()], memories, among, unread: 0 }
    }

    /// Some of `among` memories, each with the number of memories that it stands for; `unread`
    /// others may be in the answer.
    pub(crate) fn some(memories: Vec<(Memory, f64)>, among: usize, unread: usize) -> Self {
        let (memories, stands_for) = memories.into_iter().unzip();
        Self { memories, stands_for, among, unread }
    }
}

impl Found {
    pub(crate) fn unasked(memory: Memory) -> Self {
        Self { memory, relevance: 1.0, order: 0.0 }
    }

    fn better_first(one: &Self, other: &Self) -> std::cmp::Ordering {
        let by_order = other.order.total_cmp(&one.order);
        let by_importance = other.memory.importance.cmp(&one.memory.importance);
        by_order.then(by_importance).then(other.memory.created_at.cmp(&one.memory.created_at))
    }
}

#[cfg(test)]
mod tests;
