//! Words near a password that are not the password.

use text::words;

/// Returns whether the words after "the password is" describe its state ("wrong") instead of naming
/// it.
pub(crate) fn describes_state(said: &str) -> bool {
    words(said).all(|word| is_state(&word) || is_ordinary(&word))
}

/// Returns whether a word says what was done, or describes a state.
pub(crate) fn is_state(word: &str) -> bool {
    STATE_WORDS.contains(&word)
}

/// Returns whether a word is an ordinary one around a password.
pub(crate) fn is_ordinary(word: &str) -> bool {
    ORDINARY_WORDS.split(' ').any(|ordinary| ordinary == word)
}

/// Words of a statement about what was done, or about a state. It asks for nothing.
const STATE_WORDS: &[&str] = &[
    "wrong",
    "working",
    "incorrect",
    "expired",
    "correct",
    "falsch",
    "richtig",
    "abgelaufen",
    "incorrecta",
    "correcta",
    "lista",
    "incorrect",
    "correct",
    "expiré",
    "sbagliata",
    "scaduta",
    "errada",
    "verlopen",
    "fout",
    "nieprawidłowe",
    "case",
    "too",
    "still",
    "reset",
    "changed",
    "updated",
    "blocked",
    "replaced",
    "zurückgesetzt",
    "geändert",
    "gesperrt",
    "cambiado",
    "cambiada",
    "réinitialisé",
    "changé",
    "cambiata",
    "reimpostata",
    "alterada",
    "redefinida",
    "gewijzigd",
    "zmienione",
    "zmieniony",
];

/// Ordinary words around a password, or from somebody who looks for it or has none.
const ORDINARY_WORDS: &str = "a an and be can check do don for forgot forgotten get go got has have here hm hold i is it its just know let \
    ll look m me minute moment my need no nope not now of oh ok okay on one please remember right s sec second see so sorry sure t \
    thank thanks that the there this to uh um wait was well yeah yep yes you password passphrase passwort kennwort contraseña mot \
    passe bitte danke das die einen es habe ich ist ja kurz mein mir nein nicht noch sie vergessen warten weiß wissen el espere \
    favor gracias la lo mi momento olvidé por recuerdo sé sí un attendez c de est je le merci mon ne non oublié oui pas plaît sais \
    si vous parola senha wachtwoord hasło momento momentino attimo aspetti scusi mio mia non ricordo sì grazie um espere \
    obrigado minha não sei lembro sim moment even mijn weet niet ik nee dank u chwileczkę proszę moje nie pamiętam tak dziękuję";
