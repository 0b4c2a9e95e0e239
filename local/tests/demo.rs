//! `elaaoms-local demo`, as a person runs it.

use std::process::Command;

#[test]
fn the_demo_plays_the_whole_story_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Command::new(env!("CARGO_BIN_EXE_elaaoms-local"))
        .arg("demo")
        .env_clear()
        .env("LOG_LEVEL", "TRACE")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&demo.stdout),
        String::from_utf8_lossy(&demo.stderr),
    );
    assert!(demo.status.success(), "{said}\n{complained}");
    for words in [
        "first time",
        "status 401",
        "organic chain oil",
        "Mira!",
        "stranger",
        "Every step did what it should",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    for private in ["Mira", "1202555", "chain oil"] {
        assert!(
            !complained.contains(private),
            "the log holds {private}: {complained}"
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "it leaves nothing behind"
    );
}
