"""A proxy in front of the emulator that stands for AWS's TLS endpoint.

It marks each request as sent over TLS, so that policies that require TLS are tested, and records each call.
It answers for the embedding models, which the emulator has not.
"""

import http.client
import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .bedrock import embeddings

KEY = re.compile(r"Credential=([A-Z0-9]+)/\d{8}/[a-z0-9-]+/([a-z0-9]+)/")
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@dataclass(frozen=True)
class Call:
    """One request to AWS: the access key, the IAM action and the status of the response."""

    key: str
    action: str
    status: int


class TlsProxy:
    def __init__(self, port: int, emulator_port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.calls: list[Call] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler(emulator_port))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, emulator_port: int):
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                headers["X-Forwarded-Proto"] = "https"
                upstream = http.client.HTTPConnection("127.0.0.1", emulator_port, timeout=60)
                upstream.request(self.command, self.path, body=body, headers=headers)
                response = upstream.getresponse()
                content = response.read()
                if response.status == 200 and self.path.endswith("/invoke"):
                    content = embeddings(body)
                self._note(response.status)
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                length = response.getheader("content-length") if self.command == "HEAD" else len(content)
                self.send_header("Content-Length", str(length or 0))
                self.end_headers()
                self.wfile.write(content)
                upstream.close()

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward

            def _note(self, status: int):
                found = KEY.search(self.headers.get("authorization", ""))
                if found:
                    calls.append(Call(found[1], action(found[2], self.command, self.path, self.headers), status))

            def log_message(self, *_):
                pass

        return Handler


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
