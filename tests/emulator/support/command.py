"""Runs the operator's command as an operator does."""

import json
import os
import subprocess
from dataclasses import dataclass

from .paths import ELAAOMS, REGION, ROOT


@dataclass
class CommandOutput:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        assert self.stdout, self.stderr
        return json.loads(self.stdout)


def elaaoms(system, *arguments: str) -> CommandOutput:
    """Runs it for the development stage with the account owner's credentials and without secrets in
    the environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "AWS_ENDPOINT_URL": system.emulator.proxy.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "USER": "operator",
    }
    command = [str(ELAAOMS), *arguments, "--stage", "dev", "--region", REGION, "--output", "json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    return CommandOutput(done.returncode, done.stdout, done.stderr)
