//! What the documentation tells a reader to type is typed: into a shell, beside a system of one
//! machine and a workspace of ElevenLabs that is made up. What needs more than that says so in a
//! comment before its block.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use elaaoms_tests::payload::{self, NURSERY};
use elaaoms_tests::{Deployment, PEPPER, SIGNING_SECRET, STORE_KEY, WEBHOOK_KEY};
use serde_json::json;
use tokio::process::Command;

use crate::workspace::Workspace;

/// What stands before a block that cannot be typed just anywhere.
const NEEDS: &str = "<!-- needs ";
/// What a test can provide.
const PROVIDED: [&str; 2] = [
    "<!-- needs a running elaaoms-local and its secrets -->",
    "<!-- needs both servers and their keys -->",
];
/// Who calls in the documentation.
const CALLER: &str = "+12025550142";
/// Commands that are heavier than a test of this command, and the line by which CI, or another
/// test, runs them.
const RUN_ELSEWHERE: [(&str, &str, &str); 8] = [
    (
        "cargo run -p elaaoms-local -- demo",
        ".ci/run",
        "target/debug/elaaoms-local demo",
    ),
    (
        "cargo run --release -p elaaoms-local",
        "local/tests/process/harness.rs",
        "CARGO_BIN_EXE_elaaoms-local",
    ),
    (
        "cargo test -p elaaoms-tests --test flows",
        ".ci/run",
        "cargo test",
    ),
    ("cargo test", ".ci/run", "cargo test"),
    (
        "cargo test -p extraction --lib cases -- --nocapture",
        ".ci/run",
        "cargo test",
    ),
    (
        "benchmarks/instructions/run",
        ".ci/run",
        "benchmarks/instructions/run",
    ),
    ("just check", "justfile", "check: format lints test"),
    ("just all", "justfile", "all:\n    .ci/run"),
];

/// A block of a page, to be typed as a whole.
#[derive(Debug)]
struct Block {
    place: String,
    needs: Option<String>,
    script: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_documentation_does_what_it_should() {
    let desk = Desk::set_up().await;
    let mut typed = Vec::new();
    for block in blocks() {
        let is_provided = block
            .needs
            .as_deref()
            .is_none_or(|needs| PROVIDED.contains(&needs));
        if is_provided && !runs_elsewhere(&block) {
            desk.run(&block).await;
            typed.push(block);
        }
    }
    let all: String = typed.iter().map(|block| block.script.as_str()).collect();
    for expected in [
        "connect --agent",
        "doctor",
        "memories forget",
        "memories import",
        "restore",
        "elaaoms send",
        "/webhook/search-memory",
    ] {
        assert!(
            all.contains(expected),
            "{expected} was not typed: {typed:#?}"
        );
    }
    assert_eq!(
        desk.workspace.with_state(|kept| kept.webhooks.len()),
        1,
        "the agent is connected"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_is_noticed() {
    let desk = Desk::set_up().await;
    for script in [
        "elaaoms memories lst +12025550142",
        "elaaoms send no/such/file --url http://127.0.0.1:8000",
        "false\ntrue",
    ] {
        let failed = desk.type_in(script).await;
        assert!(failed.is_err(), "{script}: {failed:?}");
    }
    desk.type_in("elaaoms memories stats").await.unwrap();
}

/// Options that are gone, and commands that were renamed, are noticed where they are only shown.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_that_is_shown_is_one() {
    let desk = Desk::set_up().await;
    let mut seen = 0;
    for (page, text) in pages() {
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("elaaoms "))
        {
            let arguments = line
                .split(" #")
                .next()
                .unwrap()
                .split(" > ")
                .next()
                .unwrap();
            let arguments = ["DLQ_URL", "QUEUE_URL"]
                .iter()
                .fold(arguments.trim().to_owned(), |line, place| {
                    line.replace(place, "https://sqs.example.com/1/jobs")
                });
            let help = desk.shell(&format!("elaaoms {arguments} --help")).await;
            assert!(help.is_ok(), "{}: elaaoms {line}: {help:?}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_nothing_runs_says_what_it_needs() {
    let blocks = blocks();
    assert!(blocks.len() > 15, "{}", blocks.len());
    for block in blocks.iter().filter(|block| block.needs.is_none()) {
        for command in block.script.lines().filter(|line| !line.trim().is_empty()) {
            let typed = [
                "elaaoms ",
                "cargo run -p elaaoms-cli -- ",
                "export ",
                "curl ",
                "  -",
            ];
            let is_typed = typed.iter().any(|start| command.starts_with(start));
            assert!(
                is_typed || elsewhere(command),
                "{}: `{command}` is run by nothing",
                block.place
            );
        }
    }
    for (_, file, line) in RUN_ELSEWHERE {
        assert!(
            read(&root().join(file)).contains(line),
            "{file} no longer runs {line}"
        );
    }
}

fn runs_elsewhere(block: &Block) -> bool {
    block.script.lines().any(elsewhere)
}

fn elsewhere(command: &str) -> bool {
    let command = command.split(" #").next().unwrap().trim();
    RUN_ELSEWHERE.iter().any(|(known, ..)| *known == command)
}

/// A reader's machine: a folder with the repository's files, two systems that run, and an agent at
/// ElevenLabs.
struct Desk {
    folder: tempfile::TempDir,
    deployment: Deployment,
    second: Deployment,
    workspace: Workspace,
    api: String,
    memory: String,
}

impl Desk {
    async fn set_up() -> Self {
        let deployment = Deployment::start().await;
        let call = payload::edited(
            "first-call",
            &[("/data/metadata/phone_call/external_number", json!(CALLER))],
        );
        deployment.remember(call).await;
        let memory = deployment.memories(NURSERY, CALLER).await[0]["memory_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let (workspace, api) = Workspace::start().await;
        let folder = tempfile::tempdir().unwrap();
        for (name, target) in [
            ("tests", root().join("tests")),
            ("data", deployment.data_dir()),
        ] {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        }
        let made = folder.path().join("data/development-secrets.env");
        std::fs::write(made, format!("WEBHOOK_API_KEY={WEBHOOK_KEY}\n")).unwrap();
        let second = Deployment::start().await;
        Self {
            folder,
            deployment,
            second,
            workspace,
            api,
            memory,
        }
    }

    async fn run(&self, block: &Block) {
        self.type_in(&block.script)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", block.place, block.script));
    }

    /// Types a script as a reader would: with one's own names in it, and a yes where a question is
    /// asked.
    async fn type_in(&self, script: &str) -> Result<String, String> {
        self.shell(&self.with_own_names(script)).await
    }

    async fn shell(&self, script: &str) -> Result<String, String> {
        let programs = Path::new(env!("CARGO_BIN_EXE_elaaoms"))
            .parent()
            .unwrap()
            .display();
        let script = format!("PATH={programs}:$PATH\n{script}");
        let mut shell = Command::new("bash");
        shell
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        shell.env("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET);
        shell
            .env("WEBHOOK_API_KEY", WEBHOOK_KEY)
            .env("CALLER_ID_PEPPER", PEPPER);
        shell
            .env("OPENMEMORY_API_URL", self.deployment.openmemory_url())
            .env("OPENMEMORY_API_KEY", STORE_KEY);
        shell
            .env("ELEVENLABS_API_KEY", "xi-test")
            .env("ELEVENLABS_API_URL", &self.api);
        let output = shell.output().await.unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() {
            Ok(said)
        } else {
            Err(said)
        }
    }

    fn with_own_names(&self, script: &str) -> String {
        let (url, second) = (self.deployment.url(), self.second.openmemory_url());
        // What is wrong with an agent that nobody can call yet is told by exit code 4.
        let doctor = format!("doctor --agent agent_1 --url {url} || [ $? = 4 ]");
        [
            ("http://127.0.0.1:8000", url.as_str()),
            ("http://127.0.0.1:8080", self.deployment.openmemory_url()),
            ("http://127.0.0.1:8081", second),
            ("cargo run -p elaaoms-cli -- ", "elaaoms "),
            ("AGENT_ID", "agent_1"),
            ("--agent AGENT ", &format!("--agent {NURSERY} ")),
            ("MEMORY ", &format!("{} --yes ", self.memory)),
            ("memories forget ", "memories forget --yes "),
            ("memories import ", "memories import --yes "),
            (
                "elaaoms restore /var/backups/elaaoms --data-dir",
                "elaaoms restore /var/backups/elaaoms --yes --data-dir",
            ),
            ("/var/backups/elaaoms", "backups"),
            ("/var/lib/elaaoms", "data"),
            ("curl ", "curl --fail --silent --show-error "),
            ("doctor --agent agent_1 --url https://YOUR_HOST", &doctor),
            ("https://YOUR_HOST", "https://calls.example.com"),
        ]
        .into_iter()
        .fold(script.to_owned(), |script, (from, to)| {
            script.replace(from, to)
        })
    }
}

fn blocks() -> Vec<Block> {
    pages()
        .iter()
        .flat_map(|(page, text)| blocks_of(page, text))
        .collect()
}

fn blocks_of(page: &Path, text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim() == "```sh")
        .map(|(number, _)| number);
    starts
        .map(|start| {
            let needs = start
                .checked_sub(1)
                .map(|before| lines[before].trim())
                .filter(|line| line.starts_with(NEEDS));
            let script = lines[start + 1..]
                .iter()
                .take_while(|line| line.trim() != "```");
            Block {
                place: format!("{} line {}", page.display(), start + 1),
                needs: needs.map(ToOwned::to_owned),
                script: script.fold(String::new(), |script, line| script + line + "\n"),
            }
        })
        .collect()
}

fn pages() -> Vec<(PathBuf, String)> {
    let docs = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "ARCHITECTURE.md",
        "openmemory/README.md",
    ];
    pages
        .iter()
        .map(|page| root().join(page))
        .chain(docs)
        .map(|page| (page.clone(), read(&page)))
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
