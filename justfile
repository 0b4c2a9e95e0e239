# Everything a developer does by hand; `just --list` shows it.

# the story, against itself
demo:
    cargo run -p elaaoms-local -- demo

# format, lints, tests: what CI does
check:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo test
