"""What the emulator's Bedrock lacks: a model that reads calls, and embeddings.

The emulator checks the roles' permissions. It forwards `Converse` to a server in the format of OpenAI,
which is `ChatModel` here, and answers every `InvokeModel` with a chat message, which the proxy replaces
by `embeddings`.
"""

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler
from threading import Thread

from .server import Server

DIMENSIONS = 1024
ORDER = "The caller ordered two quince trees with the number GF-4410."
# A model's answer about the payload `first-call`.
ANSWER = {
    "memories": [
        {
            "content": ORDER,
            "category": "factual",
            "importance": 7,
            "entities": [],
            "search_hints": ["fruit for the garden"],
            "turn": 1,
            "quote": "I ordered two quince trees, the number is GF-4410.",
            "sensitive": False,
            "repeats": None,
            "supersedes": None,
        }
    ],
    "greeting": "Welcome back, Tomas! Have the quince trees arrived?",
    "summary": "Tomas ordered two quince trees.",
    "open_issues": [],
    "caller_name": "Tomas",
    "language": "en",
}


class ChatModel:
    """A server that gives every question the same answer and records the models that it stood for."""

    def __init__(self):
        self.models: list[str] = []
        models = self.models

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
                models.append(question["model"])
                usage = {"prompt_tokens": 1000, "completion_tokens": 200}
                body = json.dumps({"choices": [{"message": message(question)}], "usage": usage}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def message(question: dict) -> dict:
    """Returns the answer as a call of the tool that the question requires, or else as text."""
    if "tools" not in question:
        return {"role": "assistant", "content": json.dumps(ANSWER)}
    function = {"name": question["tools"][0]["function"]["name"], "arguments": json.dumps(ANSWER)}
    return {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


def embeddings(request: bytes) -> bytes:
    """Answers `InvokeModel` of Cohere Embed. Texts with common words have similar vectors."""
    vectors = [vector(text) for text in json.loads(request)["texts"]]
    return json.dumps({"response_type": "embeddings_by_type", "embeddings": {"float": vectors}}).encode()


def vector(text: str) -> list[float]:
    values = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        values[int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSIONS] += 1.0
    return values
