"""Paths and programs that the suites use."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "template.yaml"
EDGE = ROOT / "edge.yaml"
SAMCONFIG = ROOT / "samconfig.toml"
PAYLOADS = ROOT / "tests" / "payloads"
# The output of `sam build`, or the mutated template when mutations.py tests the suite.
BUILT = Path(os.environ.get("ELAAOMS_BUILT_TEMPLATE", ROOT / ".aws-sam" / "build" / "template.yaml"))
PROGRAMS = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
OPENMEMORY = Path(os.environ.get("OPENMEMORY_PROGRAM", PROGRAMS / "openmemory"))
ELAAOMS = Path(os.environ.get("ELAAOMS_PROGRAM", PROGRAMS / "elaaoms"))
REGION = "eu-central-1"
