//! A PostgreSQL cluster in a temporary folder. It listens on a socket in that folder, without a
//! port or a password. The tests of several packages share this file.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

/// The environment variable with the socket folder of the cluster to test on.
pub(crate) const SOCKET: &str = "OPENMEMORY_TEST_POSTGRES_SOCKET";
/// The user id for PostgreSQL if the tests run as root. PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// A running cluster. Dropping it stops the cluster.
pub(crate) struct Cluster {
    folder: TempDir,
    server: Child,
}

/// The socket folder of the cluster that the environment names.
pub(crate) fn named() -> Option<String> {
    variable(SOCKET)
}

/// Creates an empty database and returns its URL.
pub(crate) async fn new_database(socket: &str) -> String {
    let mut connection = PgConnection::connect(&url(socket, "postgres"))
        .await
        .unwrap();
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    connection
        .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .unwrap();
    connection.close().await.unwrap();
    url(socket, &name)
}

/// The folder with the programs of a PostgreSQL that has pgvector: the one that
/// `tests/postgres/run` installed, or else the system's.
pub(crate) fn programs() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let own = above
        .map(|folder| folder.join("openmemory/.venv/lib"))
        .find(|folder| folder.exists());
    let pythons = own
        .into_iter()
        .flat_map(std::fs::read_dir)
        .flatten()
        .flatten();
    let installed =
        pythons.map(|python| python.path().join("site-packages/pgserver/pginstall/bin"));
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let system = versions.map(|version| version.path().join("bin"));
    installed
        .chain(system)
        .find(|folder| folder.join("initdb").exists() && has_vectors(folder))
}

/// Whether a test must fail if PostgreSQL is not installed.
pub(crate) fn is_required() -> bool {
    variable("OPENMEMORY_TEST_POSTGRES_REQUIRED").is_some()
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings")]
    std::env::var(name).ok()
}

fn has_vectors(programs: &Path) -> bool {
    let shared = Command::new(programs.join("pg_config"))
        .arg("--sharedir")
        .output();
    shared.is_ok_and(|out| {
        let folder = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        let beside = programs.join("../share/postgresql");
        [PathBuf::from(folder), beside]
            .iter()
            .any(|share| share.join("extension/vector.control").exists())
    })
}

impl Cluster {
    pub(crate) fn start(programs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let data = folder.path().join("data");
        let made = as_nobody(programs.join("initdb"))
            .args([
                "-U",
                "tester",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let server = as_nobody(programs.join("postgres"))
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=300",
                "-c",
                "log_min_messages=panic",
            ])
            .arg("-k")
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        let cluster = Self { folder, server };
        cluster.wait();
        cluster
    }

    pub(crate) fn socket(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn wait(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let url = url(&self.socket(), "postgres");
        for _ in 0..300 {
            if runtime.block_on(PgConnection::connect(&url)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not answer");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT starts PostgreSQL's fast shutdown. If `kill` is missing, the process is killed.
        let asked = Command::new("kill")
            .args(["-INT", &self.server.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

fn url(socket: &str, database: &str) -> String {
    let host: String = url::form_urlencoded::byte_serialize(socket.as_bytes()).collect();
    format!("postgresql://tester@localhost/{database}?host={host}")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn as_nobody(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}
