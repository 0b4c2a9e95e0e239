"""elaaoms-local with calls, and the command `elaaoms console` beside it."""

import json
import os
import re
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

from local import SECRETS, System, end_call, request
from support.elevenlabs import payload
from support.paths import ROOT
from support.ports import free_port
from support.waiting import until

PROGRAM = os.environ.get("ELAAOMS_PROGRAM") or str(ROOT / "target/debug/elaaoms")
STORE_KEY = "key-of-the-console-tests"
AGENT = "agent_4401greenfold7nursery2a"
TOMAS = "+12025550123"
WITH_MARKUP = "+12025550177"
MARKUP = "<img src=x onerror=document.title='hacked'><script>document.title='hacked'</script>"


class Deployment:
    """A running system on a free port, and its embedded memory store."""

    def __init__(self, folder: Path):
        port = free_port()
        self.folder, self.store = folder, f"http://127.0.0.1:{port}"
        self.system = System(folder, openmemory_port=port, OPENMEMORY_API_KEY=STORE_KEY)
        self.data = folder / "data"

    def remember(self, name: str, caller: str):
        """Ends a call and waits until it is extracted."""
        self.end(json.loads(payload(name)))
        assert self.memories(caller)

    def end(self, event: dict):
        self.send_call(event)
        done = f"{event['data']['conversation_id']}.done"
        until(lambda: list(self.data.rglob(done)), 60, "the call is extracted")

    def send_call(self, event: dict):
        """Ends a call without waiting for its extraction."""
        assert end_call(self.system.base, json.dumps(event).encode()).status == 200

    def remember_markup(self):
        """Stores a memory and a caller card whose texts are markup."""
        ids = {"agent_id": AGENT, "caller_id": WITH_MARKUP}
        self.send("/api/v1/memories", ids | {"content": f"Likes {MARKUP}"})
        self.send("/api/v1/agents", ids | {"profile_data": {"caller_name": MARKUP, "greeting": MARKUP}})

    def remember_card(self, caller: str, name: str):
        """Stores a memory and a caller card with this name."""
        ids = {"agent_id": AGENT, "caller_id": caller}
        self.send("/api/v1/memories", ids | {"content": "Ordered a rake."})
        self.send("/api/v1/agents", ids | {"profile_data": {"caller_name": name, "greeting": "Hello!"}})

    def add_dead_letter(self, conversation: str, reason: str):
        """Adds a job of this call that has failed for good."""
        job = {"conversation_id": conversation, "payload": self.payload_key(conversation)}
        columns = "caller_group, deduplication_id, body, reason, died_at"
        with sqlite3.connect(self.data / "queue.db") as queue:
            row = (conversation, conversation, json.dumps(job), reason, int(time.time()))
            queue.execute(f"INSERT INTO dead_letters ({columns}) VALUES (?, ?, ?, ?, ?)", row)

    def payload_key(self, conversation: str) -> str:
        """Returns the archive key of a call's transcription."""
        files = (self.data / "payloads" / conversation).iterdir()
        name = next(file.name for file in files if "transcription" in file.name)
        return f"payloads/{conversation}/{name}"

    def memories(self, caller: str) -> list[dict]:
        """Returns what the store knows about a caller."""
        body = {"caller_id": caller, "agent_id": AGENT, "query": "", "limit": 100}
        return self.send("/api/v1/memories/search", body)["memories"]

    def contents(self, caller: str) -> list[str]:
        return [memory["content"] for memory in self.memories(caller)]

    def send(self, path: str, body: dict) -> dict:
        answer = request(self.store + path, json.dumps(body).encode(), x_api_key=STORE_KEY)
        assert answer.status < 300, answer.body
        return answer.json

    def export(self) -> dict:
        asked = urllib.request.Request(f"{self.store}/api/v1/export", headers={"x-api-key": STORE_KEY})
        with urllib.request.urlopen(asked, timeout=180) as response:
            return json.load(response)

    def audited(self) -> list[str]:
        """Returns the audited actions, in order."""
        trail = (self.data / "audit.log").read_text()
        return [json.loads(line)["action"] for line in trail.splitlines()]

    def stop(self):
        self.system.stop()


class Console:
    """`elaaoms console` for a deployment, until `stop`."""

    def __init__(self, deployment: Deployment):
        settings = SECRETS | {"OPENMEMORY_API_URL": deployment.store, "OPENMEMORY_API_KEY": STORE_KEY}
        settings["PORT"] = str(deployment.system.port)
        command = [PROGRAM, "console", "--no-open", "--data-dir", str(deployment.data)]
        self.process = subprocess.Popen(
            command, cwd=deployment.folder, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[0-9a-f]+", self.url), self.url
        self.origin = self.url.split("/?")[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
