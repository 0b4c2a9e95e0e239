"""Runs elaaoms-local and calls it as ElevenLabs does."""

import json
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support.elevenlabs import Response, payload, signature
from support.paths import ROOT
from support.waiting import until

PROGRAM = os.environ.get("ELAAOMS_LOCAL_PROGRAM") or str(ROOT / "target/debug/elaaoms-local")
SECRETS = {
    "ELEVENLABS_POST_CALL_HMAC_KEY": "wsec_one-machine",
    "WEBHOOK_API_KEY": "key-one-machine",
    "CALLER_ID_PEPPER": "pepper-one-machine",
}
# The longest time limits that are allowed. With the defaults, a busy machine may answer without memories.
PATIENT = {"CLIENT_DATA_DEADLINE_MS": "9000", "SEARCH_DEADLINE_MS": "9000"}
TOMAS = {"caller_id": "+12025550123", "agent_id": "agent_4401greenfold7nursery2a"}
CONVERSATION = "conv_5501tomas1first"


def request(url: str, body: bytes | None = None, **headers: str) -> Response:
    """Sends a request. Certificates are not verified, because the tests' are self-signed."""
    headers = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=180, context=trust) as response:
            return Response(response.status, response.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read())


def start_call(base: str, caller: dict = TOMAS) -> Response:
    return request(f"{base}/webhook/client-data", json.dumps(caller).encode(), x_api_key=SECRETS["WEBHOOK_API_KEY"])


def end_call(base: str, body: bytes = payload("first-call")) -> Response:
    proof = signature(body, SECRETS["ELEVENLABS_POST_CALL_HMAC_KEY"])
    return request(f"{base}/webhook/post-call", body, elevenlabs_signature=proof)


def caller_name(base: str) -> str | None:
    return start_call(base).json["dynamic_variables"].get("caller_name") or None


class System:
    """The program with a data folder on a free port, until `stop`."""

    def __init__(self, folder: Path, openmemory_port: int = 0, **settings: str):
        self.log = folder / "log"
        ports = ["--port", "0", "--openmemory-port", str(openmemory_port)]
        command = [PROGRAM, *ports, "--data-dir", str(folder / "data")]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=SECRETS | PATIENT | settings, stdout=log, stderr=log)
        found = until(self._address, 180, "the system starts")
        self.base, self.port = found[1], int(found[2])

    def _address(self) -> re.Match | None:
        """Returns the address that the program chose and printed."""
        text = self.log.read_text()
        assert self.process.poll() is None, text
        return re.search(r"^ELAAOMS listens on (http://127\.0\.0\.1:(\d+))$", text, re.MULTILINE)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(180) == 0
