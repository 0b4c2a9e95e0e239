//! Runs `elaaoms-local demo`.

use std::process::Command;

#[test]
fn the_demo_succeeds_logs_nothing_private_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Command::new(env!("CARGO_BIN_EXE_elaaoms-local"))
        .arg("demo")
        .env_clear()
        .env("LOG_LEVEL", "TRACE")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&demo.stdout);
    let log = String::from_utf8_lossy(&demo.stderr);
    assert!(demo.status.success(), "{output}\n{log}");
    for words in [
        "first time",
        "status 401",
        "organic chain oil",
        "Mira!",
        "stranger",
        "All steps succeeded",
    ] {
        assert!(output.contains(words), "{words} is not in {output}");
    }
    for private in ["Mira", "1202555", "chain oil"] {
        assert!(!log.contains(private), "the log contains {private}: {log}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "the demo leaves no files behind"
    );
}
