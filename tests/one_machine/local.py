"""A running elaaoms-local, called as ElevenLabs calls it."""

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support.elevenlabs import Response, payload, signature
from support.paths import ROOT, free_port
from support.waiting import until

PROGRAM = os.environ.get("ELAAOMS_LOCAL_PROGRAM") or str(ROOT / "target/debug/elaaoms-local")
SECRETS = {
    "ELEVENLABS_POST_CALL_HMAC_KEY": "wsec_of-the-machine",
    "WEBHOOK_API_KEY": "key-of-the-machine",
    "CALLER_ID_PEPPER": "pepper-of-the-machine",
}
TOMAS = {"caller_id": "+12025550123", "agent_id": "agent_4401greenfold7nursery2a"}
CONVERSATION = "conv_5501tomas1first"


def ask(url: str, body: bytes | None = None, **headers: str) -> Response:
    """One request; certificates of a test are signed by nobody."""
    headers = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60, context=trust) as response:
            return Response(response.status, response.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read())


def ring(base: str, caller: dict = TOMAS) -> Response:
    return ask(f"{base}/webhook/client-data", json.dumps(caller).encode(), x_api_key=SECRETS["WEBHOOK_API_KEY"])


def hang_up(base: str, body: bytes = payload("first-call")) -> Response:
    proof = signature(body, SECRETS["ELEVENLABS_POST_CALL_HMAC_KEY"])
    return ask(f"{base}/webhook/post-call", body, elevenlabs_signature=proof)


def name_of_the_caller(base: str) -> str | None:
    return ring(base).json["dynamic_variables"].get("caller_name") or None


class System:
    """The program over a folder, on a free port, until `stop`."""

    def __init__(self, folder: Path, **settings: str):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        command = [PROGRAM, "--port", str(self.port), "--openmemory-port", "0", "--data-dir", str(folder / "data")]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=SECRETS | settings, stdout=log, stderr=log)
        until(lambda: b"listens on" in self.log.read_bytes(), 60, "the system starts")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0
