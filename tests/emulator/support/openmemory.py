"""The workspace's own memory store, which can be stopped and started again with its data."""

import json
import urllib.request
from pathlib import Path

from .paths import OPENMEMORY
from .ports import free_port
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

    def wipe(self):
        """Deletes all data, like a server with a new disk."""
        self.stop()
        for file in self._folder.glob("openmemory.db*"):
            file.unlink()
        self.start()

    def contains(self, words: str) -> bool:
        """Returns whether a database file contains these words.

        Restarts the store, so that nothing is only in memory.
        """
        self.stop()
        found = any(words.encode() in file.read_bytes() for file in self._folder.glob("openmemory.db*"))
        self.start()
        return found

    def memories(self, agent: str, caller: str) -> list[dict]:
        """Returns all memories of a caller with an agent."""
        url = f"{self.url}/api/v1/agents/{agent}/callers/{caller}/memories?limit=100"
        with urllib.request.urlopen(url.replace("+", "%2B"), timeout=120) as response:
            return json.load(response)["memories"]
