"""The operator's command, run as an operator runs it."""

import json
import os
import subprocess
from dataclasses import dataclass

from .places import ELAAOMS, REGION, ROOT


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.out, self.err
        return json.loads(self.out)


def elaaoms(system, *arguments: str) -> Ran:
    """Runs it for the development stage, with the account owner's credentials and no secret in its environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "AWS_ENDPOINT_URL": system.emulator.front.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "USER": "operator",
    }
    command = [str(ELAAOMS), *arguments, "--stage", "dev", "--region", REGION, "--output", "json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    return Ran(done.returncode, done.stdout, done.stderr)
