//! Swear words and insults in the eight supported languages. An agent must not say them to a
//! caller.

use text::{is_listed, nfc};

/// Returns whether the text contains a swear word or an insult. Words that are also names, such as
/// "Dick", do not count.
#[must_use]
pub fn is_profane(text: &str) -> bool {
    let composed = nfc(text).to_lowercase();
    let mut words = composed
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    words.any(|word| is_listed(word, WORDS))
}

/// The words. A trailing asterisk matches any word with this beginning.
const WORDS: &str = "\
    fuck* motherfuck* shit shits shitty shithead* shite bullshit cunt* bitch* bastard* asshole* arsehole* wanker* twat* bollock* \
    bloody prick dickhead* slut* whore* faggot* nigger* nigga* retard retards retarded moron* idiot* imbecile* dumbass* jackass* \
    puta putas puto putos putita hijoputa mierda mierdas cabrón cabrona cabrones gilipoll* pendej* coño joder jodid* maricón maricones \
    zorra idiota idiotas imbécil imbéciles estúpid* capull* culero* verga pinche \
    scheiß* scheiss* arschloch* arschlöcher arsch fick ficken ficker ficke gefickt wichser* hurensohn* hure huren schlampe* fotze* miststück* schwuchtel* \
    vollidiot* dummkopf* trottel* depp deppen blödmann* drecksau* kacke missgeburt* \
    putain* merde merdes merdique connard* connasse* salope* salaud* enculé* enculer bâtard* pute putes bordel foutre pédé tapette* crétin* \
    débile* abruti* ordure \
    cazzo cazzi stronz* vaffancul* merda merde puttana puttane troia troie bastard* coglion* minchia figa frocio froci cretino cretina cretini \
    deficiente deficienti imbecill* scemo scema scemi zoccola \
    caralho* foda fodas foder fodid* porra merda merdas filhodaputa cabrão cabrões paneleir* viado viados cuzão otári* babaca* \
    desgraçad* vadia* imbecil imbecis burro burra \
    kut klote klootzak* eikel eikels lul lullen hoer hoeren teef mongool mongolen debiel* kankerlijer kanker tering teringlijer tyfus* godverdomme \
    verdomme sukkel* trut flikker* sodemieter* \
    kurw* chuj* huj jebać jebany jebana jebane jebie pierdol* skurw* spierdal* wypierdal* dupek dupku dupa dziwk* suka suko szmat* cipa cipo pizd* gówn* debil* kretyn kretynka kretyni \
    idiot* cwel* pedał*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swear_words_are_profane_and_names_are_not() {
        for text in [
            "You idiot",
            "Shithead",
            "arschloch",
            "Hola, CABRÓN",
            "connard",
            "stronzo",
            "caralho",
            "klootzak",
            "kurwa",
        ] {
            assert!(is_profane(text), "{text}");
        }
        for name in [
            "Dick Cheney",
            "Fanny",
            "Scunthorpe",
            "Hannah Cockburn",
            "Jebediah",
            "Cipriano",
            "Putnam",
            "Merdeka",
            "Fickert",
        ] {
            assert!(!is_profane(name), "{name}");
        }
    }
}
