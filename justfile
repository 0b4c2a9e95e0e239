# Everything a developer does by hand, in the words of .ci/run; `just --list` shows it.

# the story, against itself
demo:
    cargo run -p elaaoms-local -- demo

# format, lints, tests
check: format lints test

# is everything formatted
format:
    cargo fmt --all -- --check

# clippy, as strict as CI
lints:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# unit tests and flows
test:
    cargo test

# licences, sources and bans of the dependencies
dependencies:
    tests/dependencies/run

# the same, and known vulnerabilities: needs the network
advisories:
    tests/dependencies/run advisories

# the webhooks, asked everything that docs/openapi.json allows
webhooks EXAMPLES="200":
    tests/fuzz/run {{EXAMPLES}}

# payloads, answers and requests against ElevenLabs' OpenAPI document and SDK
contract *ARGUMENTS:
    tests/contract/run {{ARGUMENTS}}

# OpenMemory, asked everything that its document allows
openmemory EXAMPLES="100":
    openmemory/tests/fuzz/run {{EXAMPLES}}

# the parsers of what comes from outside, fed with anything
fuzz SECONDS="60" *TARGETS:
    fuzz/run {{SECONDS}} {{TARGETS}}

# OpenMemory on PostgreSQL
postgres:
    openmemory/tests/postgres/run

# OpenMemory with a real sentence model
model:
    openmemory/tests/model/run

# extraction with a real inference server and a small model
real-model FILTER="":
    tests/real_model/run {{FILTER}}

# metrics, alerts and dashboard, with a real Prometheus
monitoring:
    tests/monitoring/run

# one machine: the compose file, systemd, Caddy, nginx, and the images where Docker is there
one-machine:
    tests/one_machine/run

# the template, deployed to an emulator of AWS
emulator:
    tests/emulator/run

# the functions in containers, where Docker is there
containers:
    tests/containers/run

# everything that CI does
all:
    .ci/run
