# Commands for developers, named like the steps of .ci/run. `just --list` shows them.

# the demo: a deployment that calls itself
demo:
    cargo run -p elaaoms-local -- demo

# format, lints, tests
check: format lints test

# check the formatting
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

# the same and known vulnerabilities; needs the network
advisories:
    tests/dependencies/run advisories

# fuzz the webhooks from docs/openapi.json
webhooks EXAMPLES="200":
    tests/fuzz/run {{EXAMPLES}}

# payloads, responses and requests against ElevenLabs' OpenAPI document and SDK
contract *ARGUMENTS:
    tests/contract/run {{ARGUMENTS}}

# fuzz OpenMemory from its OpenAPI document
openmemory EXAMPLES="100":
    openmemory/tests/fuzz/run {{EXAMPLES}}

# fuzz the parsers of external input
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

# one machine: the compose file, systemd, Caddy, nginx, and with Docker the images
one-machine:
    tests/one_machine/run

# the console in Chromium
console:
    tests/console/run

# the template, deployed to an emulator of AWS
emulator:
    tests/emulator/run

# the functions in containers; needs Docker
containers:
    tests/containers/run

# all steps of CI
all:
    .ci/run
