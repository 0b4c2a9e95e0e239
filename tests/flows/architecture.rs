//! Checks the direction of dependencies: tests, local, cli → functions → adapters → domain.

use std::path::{Path, PathBuf};

/// Crates that reach outside the process, and our modules that use them.
const OUTSIDE_WORLD: [&str; 21] = [
    "axum",
    "aws_",
    "lambda_",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio",
    "tower",
    "tempfile",
    "web::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::Instant",
    "Timestamp::now",
    "crate::archive",
    "crate::http_client",
    "crate::openmemory",
    "crate::queue",
    "crate::settings",
];

const FUNCTIONS: [&str; 6] = [
    "client-data",
    "do-not-remember",
    "extraction",
    "health",
    "post-call",
    "search-memory",
];

#[test]
fn the_domain_uses_nothing_outside_the_process() {
    for folder in ["common/src/call", "common/src/memory", "text/src"] {
        let sources = sources(&root().join(folder));
        assert!(sources.len() > 2, "no sources found in {folder}");
        for (file, text) in sources {
            for outside in OUTSIDE_WORLD {
                assert!(!text.contains(outside), "{} uses {outside}", file.display());
            }
        }
    }
}

#[test]
fn functions_depend_neither_on_each_other_nor_on_their_hosts() {
    for function in FUNCTIONS {
        let manifest = read(&root().join("functions").join(function).join("Cargo.toml"));
        let dependencies = section(&manifest, "[dependencies]");
        assert!(
            dependencies.contains("common"),
            "no dependencies found in {function}"
        );
        let forbidden = FUNCTIONS.iter().chain(&[
            "openmemory",
            "operator",
            "elaaoms-console",
            "elaaoms-local",
            "elaaoms-cli",
            "elaaoms-tests",
        ]);
        for other in forbidden {
            let named = dependencies.lines().any(|line| {
                line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} "))
            });
            assert!(!named, "{function} depends on {other}");
        }
    }
}

#[test]
fn the_shared_crate_depends_on_no_function() {
    let manifest = read(&root().join("common/Cargo.toml"));
    let dependencies = section(&manifest, "[dependencies]");
    assert!(dependencies.contains("serde"), "no dependencies found");
    for function in FUNCTIONS {
        assert!(
            !dependencies.lines().any(|line| line.starts_with(function)),
            "common depends on {function}"
        );
    }
}

/// `elaaoms-local` links it, and must not link the SDK of AWS.
#[test]
fn the_rules_of_operators_depend_on_the_shared_crate_alone() {
    let manifest = read(&root().join("operator/Cargo.toml"));
    let dependencies = section(&manifest, "[dependencies]");
    assert!(dependencies.contains("common.workspace"), "{dependencies}");
    for other in FUNCTIONS
        .iter()
        .chain(&["aws-", "openmemory", "elaaoms-", "web", "features"])
    {
        assert!(!dependencies.contains(other), "operator uses {other}");
    }
}

#[test]
fn the_memory_server_and_the_shared_http_rules_do_not_depend_on_the_functions_or_common() {
    for (folder, allowed) in [
        ("bounded-server", &[][..]),
        ("text", &[]),
        ("web", &[]),
        ("openmemory", &["bounded-server", "text", "web"]),
    ] {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        let dependencies = section(&manifest, "[dependencies]");
        for ours in ["bounded-server", "common", "openmemory", "text", "web"]
            .iter()
            .chain(&FUNCTIONS)
        {
            let is_used = dependencies
                .lines()
                .any(|line| line.split(['.', ' ']).next() == Some(ours));
            assert!(
                !is_used || allowed.contains(ours),
                "{folder} depends on {ours}"
            );
        }
    }
}

/// Stemmers would make every webhook larger.
#[test]
fn only_the_memory_server_enables_the_stems_of_the_text_crate() {
    let functions = FUNCTIONS.map(|function| format!("functions/{function}"));
    let folders = functions.iter().map(String::as_str);
    for folder in folders.chain(["cli", "common", "local"]) {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        assert!(!manifest.contains("stems"), "{folder} enables stems");
    }
    assert!(read(&root().join("openmemory/Cargo.toml")).contains("stems"));
}

/// Each row of ARCHITECTURE.md's table names an existing file and functions in it.
#[test]
fn architecture_md_names_the_files_and_functions_of_the_four_paths() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| path |"))
        .skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 4, "{rows:#?}");
    for row in rows {
        let code_spans: Vec<&str> = row
            .split('|')
            .nth(2)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        let (file, functions) = code_spans.split_first().unwrap();
        let source = read(&root().join(file));
        assert!(!functions.is_empty(), "{row}");
        for name in functions {
            assert!(
                source.contains(&format!("fn {name}")),
                "{file} has no {name}"
            );
        }
    }
}

/// SECURITY.md names the tests that prove each defence.
#[test]
fn the_tests_named_in_the_threat_model_exist() {
    let security = read(&root().join("SECURITY.md"));
    let named: Vec<&str> = security
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| {
            code.matches('_').count() >= 3
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
        .collect();
    assert!(
        named.len() > 15,
        "too few tests found in the table: {named:?}"
    );
    let all: String = [
        "bounded-server",
        "cli",
        "common",
        "console",
        "functions",
        "tests",
        "local",
        "openmemory",
        "operator",
        "text",
        "web",
    ]
    .iter()
    .flat_map(|folder| sources(&root().join(folder)))
    .map(|(_, text)| text)
    .collect();
    let python = template_tests();
    for test in named {
        let exists =
            all.contains(&format!("fn {test}(")) || python.contains(&format!("def {test}("));
        assert!(exists, "SECURITY.md names {test}, which does not exist");
    }
}

/// The source of the Python tests of the deployment to AWS.
fn template_tests() -> String {
    let files = std::fs::read_dir(root().join("tests/emulator"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|ending| ending == "py"))
        .map(|file| read(&file))
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Returns the lines of a manifest between this heading and the next.
fn section<'a>(manifest: &'a str, heading: &str) -> &'a str {
    let after = manifest.split_once(heading).unwrap().1;
    after.split("\n[").next().unwrap()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() && !path.ends_with(".venv") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.clone(), read(&path)));
        }
    }
    found
}
