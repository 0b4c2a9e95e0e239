//! Recognises the titles and initials in a name.

/// Returns whether a part of a name is a title, such as "Dr." or "Mrs".
pub(super) fn is_title(part: &str) -> bool {
    let bare: String = part
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '.' | ','))
        .collect();
    // Compound titles such as "Dr.-Ing." and "Prof.Dr." are known by their parts.
    let is_known = |title: &str| TITLES.split_ascii_whitespace().any(|known| known == title);
    is_known(&bare)
        || (part.contains('.')
            && part
                .to_lowercase()
                .split(['.', '-'])
                .filter(|part| !part.is_empty())
                .all(is_known))
}

/// Returns whether a part of a name is one or more initials, such as "J." or "J.-P.".
pub(super) fn is_initial(part: &str) -> bool {
    part.split(['.', '-'])
        .filter(|part| !part.is_empty())
        .all(|part| part.chars().count() == 1)
        && part
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() && (c.is_lowercase() || c.is_uppercase()))
}

/// Titles before a name, without dots, in the eight supported languages.
const TITLES: &str = "mr mister mrs missus missis ms miss mx dr doctor prof professor sir madam maam lord lady dame rev reverend \
    father sister brother hon judge justice capt captain cpt sgt sergeant lt lieutenant col colonel gen general maj major cpl \
    corporal pvt private cmdr commander adm admiral officer pastor rabbi imam cllr councillor senator sen gov governor \
    sr sra srta señor señora señorita don doña dña dra doctora ing ingeniero ingeniera lic licenciado licenciada arq profa \
    profesor profesora herr hr hrn frau fr fräulein frl doktor dipl ing inge mag magister nat med jur phil rer habil \
    m mme mmes mlle monsieur madame mademoiselle docteur docteure me maître pr professeur professeure \
    sig signor signore signora signorina sigra signa dott dottore dottor dottoressa dottssa avv avvocato avvocata geom rag \
    professore professoressa senhor senhora dom dona doutor doutora eng engenheiro engenheira professora \
    dhr heer mevrouw mevr mw meneer mej mejuffrouw drs ir pan pani panna państwo inż mgr hab ks ksiądz lek adw";
