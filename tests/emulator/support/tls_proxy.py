"""A proxy in front of the emulator that stands for AWS's TLS endpoint.

It marks each request as sent over TLS, so that policies that require TLS are tested, and records each call.
It also answers for models of Bedrock where the emulator differs from AWS.
"""

import http.client
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .bedrock import embeddings
from .paths import REGION
from .server import Server

KEY = re.compile(r"Credential=([A-Z0-9]+)/\d{8}/[a-z0-9-]+/([a-z0-9]+)/")
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}
OWNER = Credentials("test", "test")


@dataclass(frozen=True)
class Call:
    """One request to AWS: the access key, the IAM action and the status of the response."""

    key: str
    action: str
    status: int


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes


class TlsProxy:
    def __init__(self, emulator_port: int):
        self.calls: list[Call] = []
        # Whether the role behind an access key may invoke a model.
        self.may_invoke: Callable[[str, str], bool] = lambda key, model: False
        self._emulator_port = emulator_port
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if path.startswith("/model/") and path.endswith("/converse"):
            return self._converse(path, body, headers)
        answer = self._send(method, path, body, headers)
        if path.startswith("/model/") and path.endswith("/invoke") and answer.status == 200:
            return Answer(answer.status, answer.headers, embeddings(body))
        return answer

    def _converse(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """On AWS, `Converse` needs the permission `bedrock:InvokeModel`. The emulator asks for one that
        does not exist, so the owner of the account sends what the role may invoke."""
        key, model = access_key(headers), unquote(path.split("/")[2])
        if not key or not self.may_invoke(key, model):
            return Answer(403, [("content-type", "application/json")], b'{"__type":"AccessDeniedException"}')
        request = AWSRequest("POST", f"http://127.0.0.1:{self._emulator_port}{path}", data=body)
        request.headers["content-type"] = "application/json"
        SigV4Auth(OWNER, "bedrock", REGION).add_auth(request)
        return self._send("POST", path, body, dict(request.headers.items()))

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        emulator = http.client.HTTPConnection("127.0.0.1", self._emulator_port, timeout=120)
        emulator.request(method, path, body=body, headers=headers)
        response = emulator.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        emulator.close()
        return answer

    def _handler(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                headers["X-Forwarded-Proto"] = "https"
                answer = proxy.answer(self.command, self.path, body, headers)
                self._note(answer.status)
                self.send_response(answer.status)
                kept = [(name, value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
                for name, value in kept:
                    self.send_header(name, value)
                lengths = {name.lower(): value for name, value in answer.headers}
                length = lengths.get("content-length") if self.command == "HEAD" else len(answer.content)
                self.send_header("Content-Length", str(length or 0))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward

            def _note(self, status: int):
                found = KEY.search(self.headers.get("authorization", ""))
                if found:
                    action_of_request = action(found[2], self.command, self.path, self.headers)
                    proxy.calls.append(Call(found[1], action_of_request, status))

            def log_message(self, *_):
                pass

        return Handler


def access_key(headers: dict[str, str]) -> str | None:
    found = next((KEY.search(value) for name, value in headers.items() if name.lower() == "authorization"), None)
    return found[1] if found else None


def action(service: str, method: str, path: str, headers) -> str:
    """Returns the IAM action of a request.

    JSON protocols name the operation; S3's follows from method and query, and Bedrock's from the path.
    """
    target = headers.get("x-amz-target")
    if target:
        return f"{service}:{target.rsplit('.', 1)[-1]}"
    if service == "bedrock":
        return "bedrock:InvokeModel" if path.startswith("/model/") else "bedrock:Describe"
    about = path.partition("?")[2].partition("&")[0].rstrip("=")
    of_a_bucket = {"versions": "ListBucketVersions", "delete": "DeleteObjectVersion"}
    by_method = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "GetObject"}
    return f"{service}:" + of_a_bucket.get(about, by_method.get(method, method))
