"""An emulator of AWS on this machine that enforces IAM."""

import sys
from pathlib import Path

import boto3
from botocore.config import Config

from .bedrock import ChatModel
from .tls_proxy import TlsProxy
from .paths import REGION
from .ports import free_port
from .process import Process


class Emulator:
    def __init__(self, folder: Path):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.proxy = TlsProxy(port)
        self.chat_model = ChatModel()
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            # Enforce the functions' roles.
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # The endpoint that functions get.
            "AWS_ENDPOINT_URL": self.proxy.url,
            "MINISTACK_BEDROCK_PROXY_URL": self.chat_model.url,
        }
        command = [str(Path(sys.executable).parent / "ministack")]
        self.log = folder / "emulator.log"
        self._process = Process(command, environment, self.log, f"{self.url}/_ministack/health")

    def client(self, service: str):
        """Returns a client of a service with the account owner's credentials."""
        return boto3.client(
            service,
            endpoint_url=self.proxy.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, read_timeout=120),
        )

    def stop(self):
        self._process.stop()
        self.proxy.stop()
        self.chat_model.stop()
