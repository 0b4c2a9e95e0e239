use super::*;
use crate::settings::{Settings, SettingsError};

fn lookup<'a>(settings: &'a str, own: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let set = |wanted: &str| {
            let found = own.iter().find(|(variable, _)| *variable == wanted);
            match wanted {
                SETTINGS => Some(settings.to_owned()),
                "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080".to_owned()),
                _ => found.map(|(_, value)| (*value).to_owned()),
            }
        };
        with_entries(name, set)
    }
}

fn read(settings: &str) -> Result<Settings, SettingsError> {
    Settings::read(lookup(settings, &[]))
}

#[test]
fn an_entry_behaves_like_the_variable_of_its_name() {
    let settings =
        read("MEMORY_RELEVANCE_THRESHOLD=0.5; LLM_PRICES=m=1/2/0.1,n=3/4/0.3;LLM_VERIFY=true;")
            .unwrap();
    assert_eq!(settings.recall.relevance_threshold.to_string(), "0.5");
    assert!(settings.llm.verify);
    assert!(settings.llm.prices.for_model("n").is_some());
}

#[test]
fn lines_may_hold_semicolons() {
    let settings = read("\nDEFAULT_GREETING=Hello; how are you?\r\nLLM_VERIFY=true\n").unwrap();
    assert_eq!(settings.greeting.default_greeting, "Hello; how are you?");
    assert!(settings.llm.verify);
}

#[test]
fn a_variable_of_its_own_takes_precedence_unless_it_is_blank() {
    let level = |own: &[(&str, &str)]| lookup("LOG_LEVEL=DEBUG", own)("LOG_LEVEL").unwrap();
    assert_eq!(level(&[("LOG_LEVEL", "ERROR")]), "ERROR");
    assert_eq!(level(&[("LOG_LEVEL", " ")]), "DEBUG");
    assert_eq!(level(&[]), "DEBUG");
}

#[test]
fn an_invalid_entry_is_named_without_its_value() {
    let error = read(
        "LLM_TIMOUT_MS=5;LLM_API_KEY=sk-hidden;aGlkZGVu=;hidden;LLM_VERIFY=true;LLM_VERIFY=false",
    )
    .unwrap_err()
    .to_string();
    assert!(
        !error.contains("hidden") && !error.contains("aGlk"),
        "{error}"
    );
    for expected in [
        "number 1 (LLM_TIMOUT_MS), that cannot be set here",
        "number 2 (LLM_API_KEY), that may be a secret",
        "number 3, that cannot be set here",
        "number 4, that is not of the form NAME=VALUE",
        "number 6 (LLM_VERIFY), that is set twice",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_wrong_value_is_reported_under_the_name_of_its_setting() {
    let error = read("LLM_MAX_ATTEMPTS=many;LLM_TIMEOUT_MS=300000").unwrap_err();
    assert_eq!(
        error.to_string(),
        "settings: LLM_TIMEOUT_MS must be at most 240000 on AWS; \
         LLM_MAX_ATTEMPTS must be a number from 1 to 100"
    );
}

#[test]
fn what_the_template_or_a_secret_sets_has_no_entry() {
    let settings = "STAGE=prod;LLM_API_KEY=key;SETTINGS=LLM_VERIFY=true";
    for name in ["STAGE", "LLM_API_KEY"] {
        assert_eq!(lookup(settings, &[])(name), None);
        assert_eq!(entry(settings, name), None);
    }
}

#[test]
fn the_names_are_sorted_so_that_they_are_easy_to_compare() {
    assert!(ENTRY_NAMES.is_sorted());
}
