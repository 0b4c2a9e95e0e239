"""What ElevenLabs sends, signed as ElevenLabs signs it."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from .places import PAYLOADS


@dataclass
class Answer:
    status: int
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def signature(body: bytes, secret: str) -> str:
    now = str(int(time.time()))
    mac = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
    return f"t={now},v0={mac.hexdigest()}"


def request(method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = urllib.request.Request(url, data=body, method=method, headers={"content-type": "application/json"} | headers)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())


class ElevenLabs:
    """Knows the deployment's addresses and the secrets that were agreed on."""

    def __init__(self, stack, hmac_key: str, webhook_key: str):
        self.stack, self.hmac_key, self.webhook_key = stack, hmac_key, webhook_key
        self.asked = {"client-data": 0, "search-memory": 0, "post-call": 0}

    def call_begins(self, caller: str, agent: str, **headers: str) -> Answer:
        body = {"caller_id": caller, "agent_id": agent, "called_number": "+12025550199", "call_sid": "CA1"}
        return self._post("client-data", json.dumps(body).encode(), **({"x_api_key": self.webhook_key} | headers))

    def agent_asks(self, query: str, caller: str, agent: str) -> Answer:
        body = {"query": query, "caller_id": caller, "agent_id": agent}
        return self._post("search-memory", json.dumps(body).encode(), authorization=f"Bearer {self.webhook_key}")

    def call_is_over(self, body: bytes, **headers: str) -> Answer:
        headers = headers or {"elevenlabs_signature": signature(body, self.hmac_key)}
        return self._post("post-call", body, **headers)

    def _post(self, webhook: str, body: bytes, **headers: str) -> Answer:
        self.asked[webhook] += 1
        return request("POST", self.stack.url(f"/webhook/{webhook}"), body, **headers)
