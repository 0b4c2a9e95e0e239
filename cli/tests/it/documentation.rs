//! Runs the shell commands of the documentation against a system on one machine and a fake
//! ElevenLabs workspace. A code block that needs more than that says so in a comment before it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use elaaoms_tests::payload::{self, NURSERY};
use elaaoms_tests::{Deployment, PEPPER, SIGNING_SECRET, STORE_KEY, WEBHOOK_KEY};
use serde_json::json;
use tokio::process::Command;

use crate::workspace::Workspace;

/// Start of the comment before a block that has prerequisites.
const NEEDS: &str = "<!-- needs ";
/// The prerequisites that this test provides.
const PROVIDED: [&str; 2] = [
    "<!-- needs a running elaaoms-local and its secrets -->",
    "<!-- needs both servers and their keys -->",
];
/// The caller in the documentation's examples.
const CALLER: &str = "+12025550142";
/// Commands that are too expensive to run here: the command, and the file and line by which CI or
/// another test runs it.
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

/// A shell code block of a page.
#[derive(Debug)]
struct Block {
    place: String,
    needs: Option<String>,
    script: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_documentation_succeeds() {
    let reader = Reader::set_up().await;
    let mut executed = Vec::new();
    for block in blocks() {
        let is_provided = block
            .needs
            .as_deref()
            .is_none_or(|needs| PROVIDED.contains(&needs));
        if is_provided && !runs_elsewhere(&block) {
            reader.run(&block).await;
            executed.push(block);
        }
    }
    let all: String = executed.iter().map(|block| block.script.as_str()).collect();
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
            "{expected} was not run: {executed:#?}"
        );
    }
    assert_eq!(
        reader.workspace.with_state(|kept| kept.webhooks.len()),
        1,
        "the agent is connected"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_command_is_detected() {
    let reader = Reader::set_up().await;
    for script in [
        "elaaoms memories lst +12025550142",
        "elaaoms send no/such/file --url http://127.0.0.1:8000",
        "false\ntrue",
    ] {
        let failed = reader.type_in(script).await;
        assert!(failed.is_err(), "{script}: {failed:?}");
    }
    reader.type_in("elaaoms memories stats").await.unwrap();
}

/// Detects removed options and renamed commands in command lines that no test runs.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_in_the_documentation_is_valid() {
    let reader = Reader::set_up().await;
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
            let help = reader.shell(&format!("elaaoms {arguments} --help")).await;
            assert!(help.is_ok(), "{}: elaaoms {line}: {help:?}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_block_without_prerequisites_is_run_by_some_test() {
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
                is_typed || is_run_elsewhere(command),
                "{}: no test runs `{command}`",
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
    block.script.lines().any(is_run_elsewhere)
}

fn is_run_elsewhere(command: &str) -> bool {
    let command = command.split(" #").next().unwrap().trim();
    RUN_ELSEWHERE.iter().any(|(known, ..)| *known == command)
}

/// A reader's environment: a folder with the repository's files, two running systems, and an agent
/// at ElevenLabs.
struct Reader {
    folder: tempfile::TempDir,
    deployment: Deployment,
    second: Deployment,
    workspace: Workspace,
    api: String,
    /// A memory of the caller that is pinned and then deleted.
    memory: String,
    /// A memory of the caller that is corrected.
    wrong: String,
}

impl Reader {
    async fn set_up() -> Self {
        let deployment = Deployment::start().await;
        let call = payload::edited(
            "first-call",
            &[("/data/metadata/phone_call/external_number", json!(CALLER))],
        );
        deployment.remember(call).await;
        let memories = deployment.memories(NURSERY, CALLER).await;
        let id = |at: usize| memories[at]["memory_id"].as_str().unwrap().to_owned();
        let (workspace, api) = Workspace::start().await;
        let folder = tempfile::tempdir().unwrap();
        for (name, target) in [
            ("tests", root().join("tests")),
            ("data", deployment.data_dir()),
        ] {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        }
        let secrets = folder.path().join("data/development-secrets.env");
        std::fs::write(secrets, format!("WEBHOOK_API_KEY={WEBHOOK_KEY}\n")).unwrap();
        let second = Deployment::start().await;
        Self {
            folder,
            deployment,
            second,
            workspace,
            api,
            memory: id(0),
            wrong: id(1),
        }
    }

    async fn run(&self, block: &Block) {
        self.type_in(&block.script)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", block.place, block.script));
    }

    /// Runs a script as a reader would: with placeholders replaced and questions confirmed. Returns
    /// its output.
    async fn type_in(&self, script: &str) -> Result<String, String> {
        self.shell(&self.fill_placeholders(script)).await
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
            .stdin(Stdio::null())
            .env("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET)
            .env("WEBHOOK_API_KEY", WEBHOOK_KEY)
            .env("CALLER_ID_PEPPER", PEPPER)
            .env("OPENMEMORY_API_URL", self.deployment.openmemory_url())
            .env("OPENMEMORY_API_KEY", STORE_KEY)
            .env("ELEVENLABS_API_KEY", "xi-test")
            .env("ELEVENLABS_API_URL", &self.api);
        let output = shell.output().await.unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(text)
        }
    }

    fn fill_placeholders(&self, script: &str) -> String {
        let url = self.deployment.url();
        let second = self.second.openmemory_url();
        // The agent cannot be called from ElevenLabs, which `doctor` reports with exit code 4.
        let doctor = format!("doctor --agent agent_1 --url {url} || [ $? = 4 ]");
        [
            ("http://127.0.0.1:8000", url.as_str()),
            ("http://127.0.0.1:8080", self.deployment.openmemory_url()),
            ("http://127.0.0.1:8081", second),
            ("cargo run -p elaaoms-cli -- ", "elaaoms "),
            ("AGENT_ID", "agent_1"),
            ("--agent AGENT ", &format!("--agent {NURSERY} ")),
            ("PINNED_ID", &self.memory),
            ("WRONG_ID", &self.wrong),
            ("MEMORY ", &format!("{} --yes ", self.memory)),
            ("memories forget ", "memories forget --yes "),
            ("memories link +", "memories link --yes +"),
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
