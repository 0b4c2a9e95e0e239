//! Recognises the titles, initials, particles and suffixes in a name.

use text::is_listed;

/// Returns whether a part of a name is a title, such as "Dr." or "Mrs".
pub(super) fn is_title(part: &str) -> bool {
    let bare: String = part
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '.' | ','))
        .collect();
    // Compound titles such as "Dr.-Ing." and "Prof.Dr." are known by their parts.
    let is_known = |title: &str| is_listed(title, TITLES);
    is_known(&bare)
        || (part.contains(['.', '-'])
            && part
                .to_lowercase()
                .split(['.', '-'])
                .filter(|part| !part.is_empty())
                .all(is_known))
}

/// Returns whether a title only names the subject of a doctorate, as "med." in "Dr. med.".
pub(super) fn is_subject(title: &str) -> bool {
    let bare = title.to_lowercase().replace('.', "");
    matches!(
        bare.as_str(),
        "med" | "jur" | "phil" | "rer" | "nat" | "habil" | "hc"
    )
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

/// Returns whether a part of a name is a particle before a family name, such as "van".
pub(super) fn is_particle(part: &str) -> bool {
    let bare = part.trim_end_matches('.');
    is_listed(bare, SMALL_PARTICLES) || is_listed(&bare.to_lowercase(), PARTICLES)
}

/// Returns whether a part of a name is a suffix, such as "Jr." or "PhD".
pub(super) fn is_suffix(part: &str) -> bool {
    let bare: String = part
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    is_listed(&bare, SUFFIXES)
}

/// Particles, without dots.
const PARTICLES: &str = "de del della dello dei degli di da do dos das du des la las le los \
    van von vom der den zu zum zur ter ten te 't op st ste saint sainte";
/// Particles that are given names if they begin with a capital.
const SMALL_PARTICLES: &str = "al el bin ibn ben bint abu af av und y e i v d";
/// Suffixes after a name, without dots.
const SUFFIXES: &str =
    "jr sr ii iii iv phd md dds dvm esq esquire cpa mba msc bsc ma ba rn pe mp kc qc obe mbe ret";

/// Titles before a name, without dots, in the eight supported languages.
const TITLES: &str = "mr mister mrs missus missis ms miss mx dr doctor prof professor sir madam maam lord lady dame rev reverend \
    father sister brother hon judge justice capt captain cpt sgt sergeant lt lieutenant col colonel gen general maj major cpl \
    corporal pvt private cmdr commander adm admiral officer pastor rabbi imam cllr councillor senator sen gov governor \
    sr sra srta señor señora señorita don doña dña dra doctora ing ingeniero ingeniera lic licenciado licenciada arq profa \
    profesor profesora herr hr hrn frau fr fräulein frl doktor dipl ing inge mag magister nat med jur phil rer habil \
    m mme mmes mlle monsieur madame mademoiselle docteur docteure me maître pr professeur professeure \
    sig signor signore signora signorina sigra signa dott dottore dottor dottoressa dottssa avv avvocato avvocata geom rag \
    professore professoressa senhor senhora dom dona doutor doutora eng engenheiro engenheira professora \
    dhr heer mevrouw mevr mw meneer mej mejuffrouw drs ir pan pani panna państwo inż mgr hab ks ksiądz lek adw mijnheer med hc freiherr";
