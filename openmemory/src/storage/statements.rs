//! SQL statements that are the same in both databases.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::memory::{Direction, SortBy};

/// The selected columns of a memory, in the order of `MemoryRow`.
macro_rules! memory_columns {
    () => {
        "seq, memory_id, caller_id, agent_id, content, metadata, importance, reinforcement_count, created_at, updated_at, \
         happened_at, expires_at, superseded_by, superseded_at, told_as"
    };
}
pub(super) use memory_columns;

/// Selects memories; the arguments follow `FROM memories`.
macro_rules! select_memory {
    ($($rest:tt)*) => {
        concat!("SELECT ", crate::storage::statements::memory_columns!(), " FROM memories ", $($rest)*)
    };
}
pub(super) use select_memory;

/// Rows of a caller under any of its ids, $1 to $5 (see `Callers::slots`), or under the main id of
/// the person to whom one of them is linked.
macro_rules! of_callers {
    () => {
        "caller_id IN ($1, $2, $3, $4, $5, \
         (SELECT main_id FROM links WHERE links.caller_id = $1), \
         (SELECT main_id FROM links WHERE links.caller_id = $2), \
         (SELECT main_id FROM links WHERE links.caller_id = $3), \
         (SELECT main_id FROM links WHERE links.caller_id = $4), \
         (SELECT main_id FROM links WHERE links.caller_id = $5))"
    };
}
pub(super) use of_callers;

/// Rows that have not expired at the time $6.
macro_rules! unexpired {
    () => {
        "(expires_at IS NULL OR expires_at > $6)"
    };
}
pub(super) use unexpired;

/// Rows of one agent, or of all if $7 is NULL.
macro_rules! of_agent {
    () => {
        "(CAST($7 AS TEXT) IS NULL OR agent_id = CAST($7 AS TEXT))"
    };
}
pub(super) use of_agent;

/// Active memories of a caller at the time $6.
macro_rules! active {
    () => {
        concat!(
            crate::storage::statements::of_callers!(),
            " AND superseded_by IS NULL AND ",
            crate::storage::statements::unexpired!()
        )
    };
}
pub(super) use active;

/// Superseded memories of a caller that have not expired at the time $6, of one agent or of all if
/// $7 is NULL.
macro_rules! superseded_of_agent {
    () => {
        concat!(
            crate::storage::statements::of_callers!(),
            " AND superseded_by IS NOT NULL AND ",
            crate::storage::statements::unexpired!(),
            " AND ",
            crate::storage::statements::of_agent!()
        )
    };
}
pub(super) use superseded_of_agent;

/// The columns of an outline, in the order of `OutlineRow`.
macro_rules! outline_columns {
    () => {
        "seq, importance, happened_at, terms"
    };
}
pub(super) use outline_columns;

/// Active memories of a caller, of one agent or of all if $7 is NULL.
macro_rules! active_of_agent {
    () => {
        concat!(
            crate::storage::statements::active!(),
            " AND ",
            crate::storage::statements::of_agent!()
        )
    };
}
pub(super) use active_of_agent;

pub(super) const INSERT: &str = "INSERT INTO memories (memory_id, caller_id, agent_id, content, metadata, importance, \
    reinforcement_count, created_at, updated_at, happened_at, superseded_by, superseded_at, terms, claim, \
    expires_at, told_as) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING";
pub(super) const REINFORCE: &str = "UPDATE memories SET reinforcement_count = reinforcement_count + 1, \
    updated_at = $1, expires_at = $2 WHERE memory_id = $3";
pub(super) const SUPERSEDE: &str = "UPDATE memories SET superseded_by = $1, superseded_at = $2, updated_at = $2, \
    expires_at = COALESCE(expires_at, $3) WHERE memory_id = $4";
/// Changes what an edit may change, and the lookup keys that depend on it.
pub(super) const EDIT: &str = "UPDATE memories SET importance = $1, metadata = $2, happened_at = $3, terms = $4, \
    claim = $5 WHERE memory_id = $6";
/// Deletes the oldest superseded memories of an agent and caller, beyond the newest $3.
pub(super) const TRIM_HISTORY: &str = "DELETE FROM memories WHERE memory_id IN (SELECT memory_id FROM memories \
    WHERE caller_id = $1 AND agent_id = $2 AND superseded_by IS NOT NULL \
    ORDER BY superseded_at DESC, seq DESC LIMIT 9223372036854775807 OFFSET $3)";
pub(super) const DELETE: &str = "DELETE FROM memories WHERE memory_id = $1";
pub(super) const INSERT_RECEIPT: &str = "INSERT INTO receipts (caller_id, key, position, receipt) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

pub(super) const COUNT_ACTIVE: &str = concat!(
    "SELECT COUNT(*) FROM memories WHERE ",
    active!(),
    " AND agent_id = $7"
);
pub(super) const COUNT_ACTIVE_OF_CALLER: &str =
    concat!("SELECT COUNT(*) FROM memories WHERE ", active!());
/// Counts active memories, up to $8.
pub(super) const COUNT_UP_TO: &str = concat!(
    "SELECT COUNT(*) FROM (SELECT 1 FROM memories WHERE ",
    active_of_agent!(),
    " LIMIT $8) AS some_of_them"
);
/// Counts the memories of an agent and caller, after [`REMOVE_EXPIRED_OF_CALLER`].
pub(super) const COUNT_OF_AGENT: &str = "SELECT COUNT(*) FROM memories WHERE caller_id = $1 AND agent_id = $2 AND superseded_by IS NULL";
/// The memories to evict first when there are too many. Pinned ones stay. They are recognised by the
/// JSON that this program writes; within a string, the quotes would be escaped.
pub(super) const EVICTION_CANDIDATES: &str = "SELECT memory_id, importance, created_at FROM memories \
    WHERE caller_id = $1 AND agent_id = $2 AND superseded_by IS NULL \
    AND replace(metadata, '\"pinned\":true', '') = metadata ORDER BY importance, created_at, seq LIMIT $3";

/// Builds the statement for one page of a caller's active memories, of one agent or of all if $7 is
/// NULL.
pub(super) fn page(by: SortBy, direction: Direction) -> SqlStr {
    let columns: &[&str] = match by {
        SortBy::CreatedAt => &["created_at", "seq"],
        SortBy::Importance => &["importance", "created_at", "seq"],
        SortBy::Relevance => &["importance", "reinforcement_count", "created_at", "seq"],
    };
    let end = match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let order: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} {end}"))
        .collect();
    // Safe: the text is built from constants, and the values are bound.
    AssertSqlSafe(format!(
        "{LISTED} ORDER BY {} LIMIT $8 OFFSET $9",
        order.join(", ")
    ))
    .into_sql_str()
}

const LISTED: &str = select_memory!("WHERE ", active_of_agent!());

pub(super) const COUNT_ALL: &str = "SELECT COUNT(*) FROM memories WHERE superseded_by IS NULL AND (expires_at IS NULL OR expires_at > $1)";

/// Moves memories from an older or linked id ($2) to another ($1). $3 is the id under which they were
/// told, unless they say it themselves.
pub(super) const MOVE_MEMORIES: &str = "UPDATE memories SET caller_id = $1, \
    told_as = COALESCE(told_as, CAST($3 AS TEXT)) WHERE caller_id = $2";
/// Moves profiles and receipts from an older or linked id ($2) to another ($1). Of two profiles of one
/// agent, the one written last stays; of two receipts with one key, the one of $1 stays. Expired
/// profiles must have been removed before.
pub(super) const ADOPT: [&str; 5] = [
    "DELETE FROM profiles WHERE caller_id = $2 AND EXISTS (SELECT 1 FROM profiles AS own \
     WHERE own.caller_id = $1 AND own.agent_id = profiles.agent_id AND own.updated_at >= profiles.updated_at)",
    "DELETE FROM profiles WHERE caller_id = $1 AND EXISTS (SELECT 1 FROM profiles AS older \
     WHERE older.caller_id = $2 AND older.agent_id = profiles.agent_id)",
    "UPDATE profiles SET caller_id = $1 WHERE caller_id = $2",
    "DELETE FROM receipts WHERE caller_id = $2 AND EXISTS (SELECT 1 FROM receipts AS own \
     WHERE own.caller_id = $1 AND own.key = receipts.key AND own.position = receipts.position)",
    "UPDATE receipts SET caller_id = $1 WHERE caller_id = $2",
];
pub(super) const REMOVE_EXPIRED_OF_CALLER: &str =
    "DELETE FROM memories WHERE caller_id = $1 AND expires_at <= $2";
pub(super) const REMOVE_EXPIRED_PROFILE_OF_CALLER: &str =
    "DELETE FROM profiles WHERE caller_id = $1 AND expires_at <= $2";

/// The main id of the person to whom a caller with the ids $1 to $5 belongs, if ids are linked.
pub(super) const MAIN_ID: &str = "SELECT main_id FROM links WHERE links.caller_id IN ($1, $2, $3, $4, $5) \
    OR main_id IN ($1, $2, $3, $4, $5) ORDER BY main_id LIMIT 1";
pub(super) const LINKS_OF_PERSON: &str =
    "SELECT * FROM links WHERE main_id = $1 ORDER BY linked_at, caller_id";
/// A main id is never linked itself.
pub(super) const INSERT_LINK: &str = "INSERT INTO links (caller_id, main_id, linked_at, linked_by) \
    SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT) WHERE NOT EXISTS (SELECT 1 FROM links WHERE links.caller_id = $2) \
    AND NOT EXISTS (SELECT 1 FROM links WHERE main_id = $1) ON CONFLICT DO NOTHING";
pub(super) const REMOVE_LINK: &str = "DELETE FROM links WHERE caller_id = $1";
pub(super) const REMOVE_LINKS_OF_PERSON: &str = "DELETE FROM links WHERE main_id = $1";
/// Moves what was told under the id $2 from the main id $1 back to it.
pub(super) const RETURN_MEMORIES: &str =
    "UPDATE memories SET caller_id = $2, told_as = NULL WHERE caller_id = $1 AND told_as = $2";
pub(super) const REMOVE_PROFILES: &str = "DELETE FROM profiles WHERE caller_id = $1";
/// Links whose ids have rows, as after an import.
pub(super) const UNSETTLED_LINKS: &str = "SELECT * FROM links WHERE \
    EXISTS (SELECT 1 FROM memories WHERE memories.caller_id = links.caller_id) OR \
    EXISTS (SELECT 1 FROM profiles WHERE profiles.caller_id = links.caller_id) OR \
    EXISTS (SELECT 1 FROM receipts WHERE receipts.caller_id = links.caller_id)";
/// One page of the main ids after $3 of persons with an id from $1 on and below $2.
pub(super) const MAIN_IDS_FROM: &str = "SELECT DISTINCT main_id FROM links \
    WHERE links.caller_id >= $1 AND links.caller_id < $2 AND main_id > $3 ORDER BY main_id LIMIT $4";

/// Deletes a caller's memories, profiles and receipts.
pub(super) const FORGET: [&str; 3] = [
    "DELETE FROM memories WHERE caller_id = $1",
    "DELETE FROM profiles WHERE caller_id = $1",
    "DELETE FROM receipts WHERE caller_id = $1",
];

/// Ids of callers with active memories or profiles at the time $3, in order, below $2, at most $4. The
/// inner limits let the database stop reading its indexes early.
macro_rules! callers_from {
    ($from:literal) => {
        concat!(
            "SELECT caller_id FROM (\
             SELECT caller_id FROM (SELECT DISTINCT caller_id FROM memories WHERE ",
            $from,
            " AND caller_id < $2 AND superseded_by IS NULL AND (expires_at IS NULL OR expires_at > $3) \
             ORDER BY caller_id LIMIT $4) AS of_memories UNION \
             SELECT caller_id FROM (SELECT DISTINCT caller_id FROM profiles WHERE ",
            $from,
            " AND caller_id < $2 AND caller_id <> '*' AND expires_at > $3 \
             ORDER BY caller_id LIMIT $4) AS of_profiles) AS listed ORDER BY caller_id LIMIT $4"
        )
    };
}
/// From the id $1 on.
pub(super) const CALLERS_FROM: &str = callers_from!("caller_id >= $1");
/// After the id $1.
pub(super) const CALLERS_AFTER: &str = callers_from!("caller_id > $1");
/// One page of the profiles after an agent's profile of a caller, for a search for names.
pub(super) const PROFILE_NAMES: &str = "SELECT caller_id, agent_id, data FROM profiles \
    WHERE (caller_id, agent_id) > ($1, $2) AND caller_id <> '*' AND expires_at > $3 \
    ORDER BY caller_id, agent_id LIMIT $4";

/// Builds the statement that counts the active memories of this many callers at the time $1. The ids
/// are bound from $2 on.
pub(super) fn count_of_callers(callers: usize) -> SqlStr {
    // Safe: the text is built from constants, and the values are bound.
    AssertSqlSafe(format!(
        "SELECT caller_id, COUNT(*) AS memories, MAX(created_at) AS newest FROM memories \
         WHERE superseded_by IS NULL AND (expires_at IS NULL OR expires_at > $1) \
         AND caller_id IN ({}) GROUP BY caller_id",
        slots(callers)
    ))
    .into_sql_str()
}

/// Builds the statement that selects the profiles of this many callers at the time $1. The ids are
/// bound from $2 on.
pub(super) fn profiles_of_callers(callers: usize) -> SqlStr {
    // Safe: the text is built from constants, and the values are bound.
    AssertSqlSafe(format!(
        "SELECT * FROM profiles WHERE expires_at > $1 AND caller_id IN ({}) \
         ORDER BY caller_id, agent_id",
        slots(callers)
    ))
    .into_sql_str()
}

/// Lists this many parameters, from $2 on.
fn slots(count: usize) -> String {
    let slots: Vec<String> = (0..count).map(|at| format!("${}", at + 2)).collect();
    slots.join(", ")
}

/// An expired profile is replaced as if it were new.
pub(super) const REPLACE_PROFILE: &str = "INSERT INTO profiles (agent_id, caller_id, data, created_at, updated_at, \
    expires_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller_id, agent_id) DO UPDATE SET \
    data = excluded.data, updated_at = excluded.updated_at, expires_at = excluded.expires_at, created_at = CASE \
    WHEN profiles.expires_at <= excluded.updated_at THEN excluded.created_at ELSE profiles.created_at END";
pub(super) const ADD_PROFILE: &str = "INSERT INTO profiles (agent_id, caller_id, data, created_at, updated_at, \
    expires_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
/// The caller's profile written last, under any of its ids, if it has not expired at the time $7.
pub(super) const GET_PROFILE: &str = concat!(
    "SELECT * FROM profiles WHERE ",
    of_callers!(),
    " AND agent_id = $6 AND expires_at > $7 ORDER BY updated_at DESC LIMIT 1"
);

/// One page of memories without a vector.
pub(super) const WITHOUT_VECTOR: &str = "SELECT seq, memory_id, content FROM memories \
    WHERE superseded_by IS NULL AND seq > $2 AND NOT EXISTS (SELECT 1 FROM vectors \
    WHERE vectors.memory_id = memories.memory_id AND space = $1) ORDER BY seq LIMIT $3";

/// Pages of an export, each starting after the last row of the page before.
pub(super) const EXPORT_MEMORIES: &str = select_memory!("WHERE seq > $1 ORDER BY seq LIMIT $2");
pub(super) const EXPORT_PROFILES: &str = "SELECT * FROM profiles WHERE (agent_id, caller_id) > ($1, $2) ORDER BY agent_id, caller_id LIMIT $3";
pub(super) const EXPORT_RECEIPTS: &str = "SELECT * FROM receipts WHERE (caller_id, key, position) > ($1, $2, $3) \
    ORDER BY caller_id, key, position LIMIT $4";
pub(super) const EXPORT_LINKS: &str =
    "SELECT * FROM links WHERE caller_id > $1 ORDER BY caller_id LIMIT $2";
