//! Each setting is documented once, in docs/settings.md. The code, `.env.example` and the template
//! agree with it.

mod documented;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::settings::{ENTRY_NAMES, MachineSettings, Settings};
use documented::Defaults;

/// The sources that read settings. The rest of these packages names only error codes in this form.
const READERS: [&str; 14] = [
    "common/src/aws",
    "common/src/lambda",
    "common/src/secrets.rs",
    "common/src/secrets",
    "common/src/settings",
    "common/src/telemetry.rs",
    "functions/openmemory/src/main.rs",
    "local/src/development_secrets.rs",
    "local/src/healthcheck.rs",
    "local/src/storage.rs",
    "local/src/system.rs",
    "openmemory/src/command",
    "openmemory/src/embedding/choice.rs",
    "web/src",
];
/// Words in these sources that are no settings.
const OTHER_WORDS: [&str; 5] = ["ABSK", "CARGO_PKG_VERSION", "ELAAOMS", "INFO", "WARNING"];
/// The part of docs/settings.md that says where each setting is set on AWS.
const ON_AWS: &str = "\n## On AWS";
/// The part of docs/settings.md whose settings `.env.example` does not have.
const OTHER_SETTINGS: &str = "\n## Other variables";

#[test]
fn every_setting_that_the_code_reads_is_documented() {
    let mut documented: BTreeSet<String> = settings().into_keys().collect();
    let of_openmemory = read("openmemory/README.md");
    documented.extend(documented::tables(&of_openmemory, 2).into_keys());
    documented.extend(retired());
    for source in READERS {
        for name in documented::literals(&root().join(source)) {
            let is_known = documented.contains(&name) || OTHER_WORDS.contains(&name.as_str());
            assert!(
                is_known,
                "{source} reads {name}, which docs/settings.md does not name"
            );
        }
    }
}

#[test]
fn every_documented_setting_is_read() {
    let read: BTreeSet<String> = ["common/src", "local/src", "openmemory/src", "web/src"]
        .iter()
        .flat_map(|source| documented::literals(&root().join(source)))
        .collect();
    for name in settings().into_keys() {
        assert!(read.contains(&name), "no code reads {name}");
    }
}

#[test]
fn documented_defaults_are_those_of_the_code() {
    let seen = RefCell::new(BTreeSet::new());
    let unset = debug_with("", "", &seen);
    let mut compared = 0;
    for (name, default) in settings() {
        let Some(default) = default else { continue };
        if seen.borrow().contains(&name) {
            assert_eq!(
                debug_with(&name, &default, &seen),
                unset,
                "{name} is not {default} by default"
            );
            compared += 1;
        }
    }
    assert!(compared > 25, "too few defaults compared: {compared}");
}

#[test]
fn the_example_file_has_every_setting_with_its_default() {
    let (files, _) = read_settings();
    let example = documented::env_file(&read(".env.example"));
    let names = |settings: &Defaults| settings.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&example), names(&files));
    for (name, value) in &example {
        let documented = &files[name];
        let agrees = value.is_none() || value == documented;
        assert!(
            agrees,
            "{name}: {value:?} in .env.example, {documented:?} documented"
        );
    }
}

#[test]
fn every_setting_has_one_place_on_aws_and_most_are_entries_of_settings() {
    let text = read("docs/settings.md");
    let (_, on_aws) = text.split_once(ON_AWS).unwrap();
    let (on_aws, _) = on_aws.split_once("\n## ").unwrap();
    let places = documented::places(on_aws);
    let mut placed: Vec<&String> = places.values().flatten().collect();
    placed.sort();
    let (main, _) = text.split_once(ON_AWS).unwrap();
    let mut documented: BTreeSet<String> = documented::tables(main, 1).into_keys().collect();
    documented.insert("DEBUG".to_owned());
    assert_eq!(placed, documented.iter().collect::<Vec<_>>());
    assert_eq!(places["parameter `Settings`"], ENTRY_NAMES);
}

#[test]
fn the_template_sets_documented_variables_to_their_defaults() {
    let documented = settings();
    let template = documented::template(&read("template.yaml"));
    assert!(template.len() > 10, "{template:?}");
    for (name, default) in template {
        let expected = documented
            .get(&name)
            .unwrap_or_else(|| panic!("docs/settings.md does not name {name} of template.yaml"));
        if let (Some(default), Some(expected)) = (&default, expected) {
            assert_eq!(default, expected, "{name} in template.yaml");
        }
    }
}

/// Returns the settings of the code as text, with one variable set. Adds the names that the code
/// asks for to `seen`.
fn debug_with(name: &str, value: &str, seen: &RefCell<BTreeSet<String>>) -> String {
    let lookup = |asked: &str| {
        seen.borrow_mut().insert(asked.to_owned());
        match asked {
            "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080".to_owned()),
            _ => (asked == name).then(|| value.to_owned()),
        }
    };
    let settings = Settings::read(lookup).unwrap();
    let machine = MachineSettings::read(lookup).unwrap();
    format!("{settings:?} {machine:?}")
}

/// Returns the names of settings that only cause a warning.
fn retired() -> BTreeSet<String> {
    documented::literals(&root().join("common/src/settings/retired.rs"))
}

/// Returns all documented settings.
fn settings() -> Defaults {
    let (files, others) = read_settings();
    files.into_iter().chain(others).collect()
}

/// Returns the documented settings that belong into `.env`, and the others.
fn read_settings() -> (Defaults, Defaults) {
    let text = read("docs/settings.md");
    let (files, others) = text.split_once(OTHER_SETTINGS).unwrap();
    let (main, options) = files.split_once("\n## Options of elaaoms-local").unwrap();
    let mut files = documented::tables(main, 1);
    files.extend(documented::tables(options, 2));
    (files, documented::tables(others, 1))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}
