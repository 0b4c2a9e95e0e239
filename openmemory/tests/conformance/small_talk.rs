//! Invented small talk that answers no question. Unit tests of the crate use it too.

const TALKED: [&str; 6] = [
    "talked about",
    "laughed about",
    "painted",
    "photographed",
    "dreamt of",
    "sang about",
];
const THINGS: [&str; 10] = [
    "the carnival",
    "a lighthouse",
    "wild geese",
    "an opera",
    "the harvest",
    "a volcano",
    "old maps",
    "a marathon",
    "the eclipse",
    "mushrooms",
];
const PLACES: [&str; 10] = [
    "on a walk",
    "in the tram",
    "at breakfast",
    "in a storm",
    "at the fair",
    "by the lake",
    "at home",
    "in the park",
    "on the roof",
    "at sea",
];
/// Returns one of 600 sentences; larger numbers wrap around.
pub(crate) fn sentence(at: usize) -> String {
    format!(
        "A colleague {} {} {}",
        TALKED[at % 6],
        THINGS[at / 6 % 10],
        PLACES[at / 60 % 10]
    )
}
