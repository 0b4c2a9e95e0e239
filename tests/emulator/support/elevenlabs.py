"""Sends requests to the deployment as ElevenLabs does, with its signatures."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from .paths import PAYLOADS


@dataclass
class Response:
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


def request(method: str, url: str, body: bytes | None = None, **headers: str) -> Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    prepared = urllib.request.Request(url, data=body, method=method, headers={"content-type": "application/json"} | headers)
    try:
        with urllib.request.urlopen(prepared, timeout=180) as response:
            return Response(response.status, response.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read())


class ElevenLabs:
    """Calls the webhooks of a deployment with the shared secrets, and counts the requests."""

    def __init__(self, stack, hmac_key: str, webhook_key: str):
        self.stack, self.hmac_key, self.webhook_key = stack, hmac_key, webhook_key
        self.request_counts = {"client-data": 0, "search-memory": 0, "do-not-remember": 0, "post-call": 0}

    def start_call(self, caller: str, agent: str, **headers: str) -> Response:
        body = {"caller_id": caller, "agent_id": agent, "called_number": "+12025550199", "call_sid": "CA1"}
        return self._post("client-data", json.dumps(body).encode(), **({"x_api_key": self.webhook_key} | headers))

    def search(self, query: str, caller: str, agent: str) -> Response:
        body = {"query": query, "caller_id": caller, "agent_id": agent}
        return self._post("search-memory", json.dumps(body).encode(), authorization=f"Bearer {self.webhook_key}")

    def opt_out(self, caller: str, agent: str, conversation: str) -> Response:
        body = {"caller_id": caller, "agent_id": agent, "conversation_id": conversation, "confirmed": True}
        return self._post("do-not-remember", json.dumps(body).encode(), x_api_key=self.webhook_key)

    def end_call(self, body: bytes, **headers: str) -> Response:
        headers = headers or {"elevenlabs_signature": signature(body, self.hmac_key)}
        return self._post("post-call", body, **headers)

    def _post(self, webhook: str, body: bytes, **headers: str) -> Response:
        self.request_counts[webhook] += 1
        return request("POST", self.stack.url(f"/webhook/{webhook}"), body, **headers)
