//! Checks the documentation: links resolve, and every command it shows exists.

use std::path::{Path, PathBuf};

const PAGES: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
];
/// Marks a block whose commands need something that not every machine has.
const NEEDS_MARKER: &str = "<!-- needs ";

#[test]
fn every_link_leads_to_a_file() {
    for (page, text) in pages() {
        for link in links(&text) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{} links to {link}", page.display());
        }
    }
}

#[test]
fn every_page_of_the_documentation_is_in_its_index() {
    let index = read(&root().join("docs/README.md"));
    for (page, _) in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "README.md" || index.contains(name),
            "docs/README.md does not name {name}"
        );
    }
}

#[test]
fn every_command_in_the_documentation_exists() {
    let mut seen = 0;
    for (page, text) in pages() {
        for command in commands(&text) {
            check(&command)
                .unwrap_or_else(|reason| panic!("{}: `{command}`: {reason}", page.display()));
            seen += 1;
        }
    }
    assert!(seen > 20, "too few commands found: {seen}");
}

#[test]
fn a_command_that_does_not_exist_is_reported() {
    for command in [
        "cargo run -p nothing",
        "tests/nothing/run",
        "just nothing",
        "frobnicate --all",
    ] {
        assert!(check(command).is_err(), "{command}");
    }
}

/// Checks that a command exists: packages, scripts and recipes in this repository, other programs
/// in the list of programs that a reader is told to install.
fn check(command: &str) -> Result<(), String> {
    const PROGRAMS: [&str; 23] = [
        "aws",
        "cat",
        "cd",
        "cloudflared",
        "cp",
        "curl",
        "docker",
        "echo",
        "elaaoms",
        "elaaoms-local",
        "export",
        "git",
        "grep",
        "journalctl",
        "openmemory",
        "openssl",
        "pip",
        "promtool",
        "rm",
        "sam",
        "sudo",
        "tar",
        "taskset",
    ];
    let command = command.trim_matches(['(', ')']);
    let words: Vec<&str> = command
        .split_whitespace()
        .skip_while(|word| word.contains('='))
        .collect();
    let Some(program) = words.first() else {
        return Ok(());
    };
    let packages = words
        .windows(2)
        .filter(|pair| matches!(pair[0], "-p" | "--package"))
        .map(|pair| pair[1]);
    match *program {
        "cargo" => packages.into_iter().try_for_each(|package| {
            let named = format!("name = \"{package}\"");
            let is_ours = manifests().iter().any(|manifest| manifest.contains(&named));
            if is_ours {
                Ok(())
            } else {
                Err(format!("no package {package}"))
            }
        }),
        "just" => match words.get(1) {
            None => Ok(()),
            Some(option) if option.starts_with('-') => Ok(()),
            Some(recipe) => {
                let is_recipe = |line: &str| {
                    line.split([':', ' ']).next() == Some(*recipe) && line.contains(':')
                };
                let known = read(&root().join("justfile")).lines().any(is_recipe);
                if known {
                    Ok(())
                } else {
                    Err(format!("no recipe {recipe}"))
                }
            }
        },
        path if path.contains('/') => {
            let script = root().join(path.trim_start_matches("./"));
            if script.is_file() {
                Ok(())
            } else {
                Err(format!("no script {path}"))
            }
        }
        other if PROGRAMS.contains(&other) => Ok(()),
        other => Err(format!("{other} is not in the list of programs")),
    }
}

/// Returns the commands of all shell blocks, without comments and with continued lines joined.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    let mut pending = String::new();
    for line in text.lines() {
        match (inside, line.trim()) {
            (false, "```sh") => inside = true,
            (true, "```") => inside = false,
            (true, line) => {
                let line = line.split(" #").next().unwrap();
                let line = if line.starts_with('#') { "" } else { line };
                match line.trim_end().strip_suffix('\\') {
                    Some(begun) => pending.push_str(begun),
                    None => commands.push(std::mem::take(&mut pending) + line.trim_end()),
                }
            }
            _ => {}
        }
    }
    let single = commands
        .iter()
        .flat_map(|line| line.split(" && ").map(|command| command.trim().to_owned()));
    single.filter(|command| !command.is_empty()).collect()
}

/// A block that calls AWS must be preceded by the marker.
#[test]
fn every_block_that_needs_aws_says_so() {
    for (page, text) in pages() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, _) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.trim() == "```sh")
        {
            let block: Vec<&str> = lines[number + 1..]
                .iter()
                .take_while(|line| line.trim() != "```")
                .copied()
                .collect();
            let on_aws = block.iter().any(|line| {
                line.starts_with("aws ")
                    || line.starts_with("sam deploy")
                    || line.contains("--bucket")
            });
            let is_marked = number > 0 && lines[number - 1].trim().starts_with(NEEDS_MARKER);
            assert!(
                !on_aws || is_marked,
                "{} line {}",
                page.display(),
                number + 1
            );
        }
    }
}

#[test]
fn a_release_has_every_function_of_the_template() {
    let template = read(&root().join("template.yaml"));
    let release = read(&root().join(".github/workflows/release.yml"));
    let folders: Vec<&str> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CodeUri: functions/"))
        .collect();
    assert!(folders.len() > 4, "{folders:?}");
    for folder in folders {
        let manifest = read(&root().join("functions").join(folder).join("Cargo.toml"));
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .unwrap()
            .trim_matches('"');
        let is_built = release
            .split("-p ")
            .skip(1)
            .any(|rest| rest.split_whitespace().next() == Some(name));
        assert!(is_built, "{name} is missing from the release");
    }
}

fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect()
}

fn pages() -> Vec<(PathBuf, String)> {
    let docs = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    PAGES
        .iter()
        .map(|page| root().join(page))
        .chain(docs)
        .map(|page| (page.clone(), read(&page)))
        .collect()
}

fn manifests() -> Vec<String> {
    let folders =
        [root(), root().join("functions")].map(|folder| std::fs::read_dir(folder).unwrap());
    let manifests = folders
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("Cargo.toml"));
    manifests
        .filter(|manifest| manifest.is_file())
        .map(|manifest| read(&manifest))
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
