"""A program of this repository, started and stopped by the tests."""

import subprocess
import urllib.error
import urllib.request

from .waiting import until


class Process:
    def __init__(self, command: list[str], environment: dict[str, str], log, health: str):
        self._log = open(log, "ab")
        # Only this environment, nothing from the machine.
        self._process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        until(lambda: self._answers(health), 180, f"{command[0]} answers; see {log}")

    def _answers(self, url: str) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"ended with {self._process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
