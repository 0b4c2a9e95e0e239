//! Words of negation in the eight languages.

/// A word of negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negation {
    /// How it denies.
    pub kind: Kind,
    /// What it denies.
    pub reach: Reach,
}

/// How a word denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// "not", "nobody", "never".
    Not,
    /// "without".
    Without,
    /// "hardly": nearly a "not". A statement with it may agree with one without a negation.
    Hardly,
}

/// What a word denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What follows it in its clause.
    Following,
    /// Its whole clause, because the verb may precede it.
    Clause,
}

/// Returns the negation that a word in lower case is, with or without accents.
///
/// A word that means something else in another of the languages is left out, such as Italian "mai",
/// which is a month in German.
#[must_use]
pub fn negation(word: &str) -> Option<Negation> {
    use Kind::{Hardly, Not, Without};
    use Reach::{Clause, Following};
    let (kind, reach) = match word {
        "no" | "not" | "never" | "none" | "nothing" | "nobody" | "neither" | "nor" | "cannot" => {
            (Not, Following)
        }
        "nunca" | "jamás" | "jamas" | "nada" | "nadie" | "tampoco" | "ni" | "ningún" | "ningun"
        | "ninguna" | "ninguno" => (Not, Following),
        "nicht" | "nichts" | "nie" | "niemals" | "niemand" | "weder" => (Not, Clause),
        "ne" | "non" => (Not, Following),
        "pas" | "jamais" | "rien" | "aucun" | "aucune" => (Not, Clause),
        "niente" | "nessun" | "nessuna" | "nessuno" => (Not, Following),
        "não" | "nao" | "nem" | "nenhum" | "nenhuma" | "ninguém" | "ninguem" => (Not, Following),
        "niet" | "geen" | "nooit" | "niets" => (Not, Clause),
        "nigdy" | "nic" | "nikt" | "ani" | "żaden" | "zaden" | "żadna" | "zadna" | "żadne"
        | "zadne" => (Not, Clause),
        "without" | "sin" | "senza" | "sem" | "bez" => (Without, Following),
        "ohne" | "sans" | "zonder" => (Without, Clause),
        "hardly" | "barely" | "scarcely" => (Hardly, Following),
        "kaum" | "guère" | "guere" | "nauwelijks" | "amper" | "ledwo" | "ledwie" => {
            (Hardly, Clause)
        }
        _ if word.starts_with("kein") => (Not, Clause),
        _ => return None,
    };
    Some(Negation { kind, reach })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;

    #[test]
    fn negations_are_known_in_eight_languages_with_and_without_accents() {
        for word in [
            "not",
            "nobody",
            "jamás",
            "ningún",
            "kein",
            "keinerlei",
            "nicht",
            "weder",
            "pas",
            "rien",
            "nessuno",
            "não",
            "ninguém",
            "geen",
            "nikt",
            "żaden",
            "ani",
        ] {
            let denied = negation(word).map(|negation| negation.kind);
            assert_eq!(denied, Some(Kind::Not), "{word}");
            assert_eq!(negation(&fold(word)), negation(word), "{word}");
        }
        for word in ["kaum", "guère", "ledwo", "scarcely"] {
            let denied = negation(word).map(|negation| negation.kind);
            assert_eq!(denied, Some(Kind::Hardly), "{word}");
            assert_eq!(negation(&fold(word)), negation(word), "{word}");
        }
        for word in ["mai", "note", "nothings", "kind", "si", ""] {
            assert_eq!(negation(word), None, "{word}");
        }
    }

    #[test]
    fn a_negation_behind_the_verb_denies_its_whole_clause() {
        for (word, reach) in [
            ("not", Reach::Following),
            ("nunca", Reach::Following),
            ("nicht", Reach::Clause),
            ("pas", Reach::Clause),
            ("nigdy", Reach::Clause),
        ] {
            assert_eq!(negation(word).map(|negation| negation.reach), Some(reach));
        }
    }
}
