//! Classifies private facts. Only texts already known to be private are classified, so the word
//! lists may contain words that mean other things elsewhere.

use std::collections::BTreeSet;

use common::call::AgentId;
use common::memory::{PrivateKind, StoreSensitive};
use text::matches_word;

use super::is_private;
use crate::extract::language::tokens::tokens;

/// Which private facts an agent may store.
#[derive(Clone, Copy)]
pub(crate) struct PrivatePolicy<'a> {
    pub(crate) rules: &'a StoreSensitive,
    pub(crate) agent: &'a AgentId,
}

impl PrivatePolicy<'_> {
    /// Returns whether everything private in a text may be stored.
    pub(crate) fn allows(&self, text: &str) -> bool {
        private_kinds(text)
            .into_iter()
            .all(|kind| self.rules.allows(self.agent, kind))
    }

    /// Returns whether a text states something private that may not be stored.
    pub(crate) fn forbids(&self, text: &str) -> bool {
        is_private(text) && !self.allows(text)
    }
}

/// Returns the kinds of the private facts in a text. If the text is still private without the words
/// of all other kinds, it is about health. A text that matches nothing is of kind `Other`.
pub(crate) fn private_kinds(text: &str) -> BTreeSet<PrivateKind> {
    let mut found = BTreeSet::new();
    let mut rest = String::new();
    for token in tokens(text) {
        let kind = WORDS.iter().find(|(_, words)| {
            words
                .split_ascii_whitespace()
                .any(|word| matches_word(&token.lower, word))
        });
        match kind {
            Some((kind, _)) => {
                found.insert(*kind);
                rest.push_str(" it ");
            }
            None => {
                rest.push_str(token.text);
                rest.push(' ');
            }
        }
    }
    if is_private(&rest) {
        found.insert(PrivateKind::Health);
    }
    if found.is_empty() {
        found.insert(PrivateKind::Other);
    }
    found
}

/// Words of private facts by kind, in eight languages. An asterisk matches any ending.
const WORDS: [(PrivateKind, &str); 6] = [
    (
        PrivateKind::Faith,
        "catholic* christian* protestant* muslim* jewish jew hindu* buddhis* sikh* atheis* jehova* religio* church* mosque* mass synagogue* \
        halal kosher ramadan lent shabbat sabbath islam* judaism katholi* evangelisch* jüdi* jude christ* kirche* moschee* \
        católic* cristian* musulm* judí* budis* ateo atea jehov* iglesia* catholi* chrétien* juif* juive* bouddhis* athée* jéhovah \
        église* cattoli* ebre* buddis* chiesa* muçulman* jude* igreja* katholiek* moslim* joods* boeddhis* kerk* katoli* chrześcijan* \
        muzułman* żyd* buddy* ateist* kości* jehowy holidays",
    ),
    (
        PrivateKind::Politics,
        "labour tory tories conservative* libdem* greens green snp ukip republican* democrat* trump biden harris macron cdu csu spd fdp afd linke \
        grüne* psoe podemos sumar melenchon rassemblement pd lega meloni ps psd chega bloco vvd pvv groenlinks cda pis platform* konfederac* \
        party partei* parteimitglied partido parti partito partij partia vote* voting union* gewerkschaft* sindica* syndicat* vakbond* \
        związk* zawodow*",
    ),
    (
        PrivateKind::Sexuality,
        "gay lesbian* lesb* bisexual* bisexuel* homosexu* homosexual* omosessual* queer trans transgender nonbinary schwul* lésbica* sexual \
        orientation out",
    ),
    (
        PrivateKind::Origin,
        "asylum asyl* refugee* refugiad* immigrant* undocumented flüchtling* ethnic descent origin minority",
    ),
    (
        PrivateKind::Crime,
        "prison jail custody gefängnis* haft cárcel prisión carcere prigione prisão cadeia gevangenis* więzieni* convicted criminal* arrested \
        probation parole vorbestraft* vorstraf* bewährung antecedentes precedenti casier registo strafblad* karany karana",
    ),
    (
        PrivateKind::Debt,
        "debt* bankrupt* insolven* pleite failliet schulden privatinsolvenz deudas quiebra bancarrota dettes surendett* debiti dívidas długi \
        komornik* rent mortgage loan bills payments",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        kinds: Vec<String>,
    }

    /// Runs `tests/cases/private-kinds.json`.
    #[test]
    fn a_private_fact_is_classified_by_its_words() {
        let cases: Vec<Case> = serde_json::from_str(include_str!(
            "../../../../../../tests/cases/private-kinds.json"
        ))
        .unwrap();
        for case in cases {
            let found: Vec<&str> = private_kinds(&case.text)
                .into_iter()
                .map(PrivateKind::as_str)
                .collect();
            assert_eq!(found, case.kinds, "{}", case.text);
        }
    }
}
