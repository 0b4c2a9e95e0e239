"""Reads docker-compose.yml as Compose does: interpolates variables and validates against the
Compose specification."""

import json
import re
from pathlib import Path

import yaml
from compose_spec import PyCompose

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def interpolated(text: str, variables: dict[str, str]) -> str:
    def value(found: re.Match) -> str:
        name, operator, word = found.groups()
        if variables.get(name):
            return variables[name]
        assert operator == "-", f"{name} is not set: {word}"
        return word

    return VARIABLE.sub(value, text)


def read(text: str, variables: dict[str, str]) -> dict:
    """Parses and validates the file. Raises an exception that says what is wrong."""
    document = yaml.safe_load(interpolated(text, variables))
    PyCompose.from_json(json.dumps(document)).validate()
    for name, service in document["services"].items():
        for needed in service.get("depends_on", []):
            assert needed in document["services"], f"{name} depends on {needed}, which is not a service"
        for source in filter(None, map(source_of, service.get("volumes", []))):
            is_path = source.startswith((".", "/"))
            assert is_path or source in document["volumes"], f"{name} mounts {source}, which is not a volume"
    return document


def source_of(volume) -> str | None:
    return volume["source"] if isinstance(volume, dict) else volume.split(":")[0]


def environment_file(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def run_flags(service: dict) -> list[str]:
    """Returns the `docker run` flags that confine a service as Compose does, and its environment."""
    flags = ["--read-only"] if service.get("read_only") else []
    flags += [flag for path in service.get("tmpfs", []) for flag in ("--tmpfs", path)]
    flags += [flag for capability in service.get("cap_drop", []) for flag in ("--cap-drop", capability)]
    flags += [flag for option in service.get("security_opt", []) for flag in ("--security-opt", option)]
    flags += ["--memory", service["mem_limit"]] if "mem_limit" in service else []
    return flags + [flag for name, value in service["environment"].items() for flag in ("--env", f"{name}={value}")]
