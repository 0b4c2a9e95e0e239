"""The workspace's own memory service, which can go away and come back with everything it had."""

import json
import urllib.request
from pathlib import Path

from .places import OPENMEMORY, free_port
from .process import Process


class OpenMemory:
    def __init__(self, folder: Path):
        self._folder, self._port = folder, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self):
        command = [str(OPENMEMORY), "--database", f"sqlite://{self._folder}/openmemory.db"]
        command += ["--listen", f"127.0.0.1:{self._port}"]
        self._process = Process(command, {"LOG_LEVEL": "INFO"}, self._folder / "openmemory.log", f"{self.url}/health")

    def stop(self):
        self._process.stop()

    def memories(self, agent: str, caller: str) -> list[dict]:
        """Everything that is remembered of a caller."""
        url = f"{self.url}/api/v1/agents/{agent}/callers/{caller}/memories?limit=100"
        with urllib.request.urlopen(url.replace("+", "%2B"), timeout=10) as answer:
            return json.load(answer)["memories"]
