"""An emulator of AWS on this machine, with IAM in force."""

import sys
from pathlib import Path

import boto3
from botocore.config import Config

from .front import Front
from .places import REGION, free_port
from .process import Process


class Emulator:
    def __init__(self, folder: Path):
        port, front_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.front = Front(front_port, port)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            # Functions are checked against their roles.
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # What it hands to functions as theirs.
            "AWS_ENDPOINT_URL": self.front.url,
        }
        command = [str(Path(sys.executable).parent / "ministack")]
        self.log = folder / "emulator.log"
        self._process = Process(command, environment, self.log, f"{self.url}/_ministack/health")

    def client(self, service: str):
        """A client of one of its services, in the account owner's name."""
        return boto3.client(
            service,
            endpoint_url=self.front.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, read_timeout=120),
        )

    def stop(self):
        self._process.stop()
        self.front.stop()
