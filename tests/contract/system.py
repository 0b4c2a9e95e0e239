"""A deployment on this machine, and a stand-in for ElevenLabs' API that records every request."""

import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request

HMAC_KEY, API_KEY = "wsec_contract", "contract-key"
NURSERY = "agent_4401greenfold7nursery2a"
# Limit in seconds for anything that is waited for: far longer than needed, because a busy machine is slow.
WAIT = 180


class Deployment:
    """Runs `elaaoms-local` in a temporary folder."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        variables = {
            "PATH": os.environ["PATH"],
            "ELEVENLABS_POST_CALL_HMAC_KEY": HMAC_KEY,
            "WEBHOOK_API_KEY": API_KEY,
            "CALLER_ID_PEPPER": "pepper",
            "GREETING_DELIVERY": "both",
            "TRUST_USER_ID": "true",
            # The longest time limits that are allowed. With the defaults, a busy machine may answer without memories.
            "CLIENT_DATA_DEADLINE_MS": "9000",
            "SEARCH_DEADLINE_MS": "9000",
        }
        command = [self.program, "--port", "0", "--openmemory-port", "0", "--data-dir", str(self.folder / "data")]
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=variables, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        for line in self.process.stdout:
            if found := re.match(r"ELAAOMS listens on (\S+)", line):
                self.base = found[1]
            if found := re.match(r"OpenMemory \(embedded\) is at (\S+)", line):
                self.store = found[1]
                return self
        raise AssertionError((self.folder / "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(WAIT)
        self.log.close()
        shutil.rmtree(self.folder)

    def post_call(self, payload):
        body, now = json.dumps(payload).encode(), int(time.time())
        signature = hmac.new(HMAC_KEY.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return self.post("/webhook/post-call", body, {"ElevenLabs-Signature": f"t={now},v0={signature}"})

    def client_data(self, caller, agent=NURSERY):
        body = {"caller_id": caller, "agent_id": agent, "called_number": "+12025550190", "call_sid": "CA1"}
        return self.post("/webhook/client-data", json.dumps(body).encode(), {"x-api-key": API_KEY})

    def outbound(self, program, *callees, agent=NURSERY):
        """Returns the output of `elaaoms outbound` for calls to these callees."""
        variables = {
            "PATH": os.environ["PATH"],
            "OPENMEMORY_API_URL": self.store,
            "CALLER_ID_PEPPER": "pepper",
            "GREETING_DELIVERY": "both",
            "TRUST_USER_ID": "true",
        }
        command = [program, "outbound", "--agent", agent, "--data-dir", str(self.folder / "data"), *callees]
        done = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=WAIT)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def post(self, path, body, headers):
        request = urllib.request.Request(self.base + path, body, {"content-type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            assert answer.status == 200
            return json.load(answer)

    def wait_for(self, calls):
        """Waits until these calls are extracted."""
        missing, end = set(calls), time.monotonic() + WAIT
        while missing:
            if time.monotonic() > end:
                raise AssertionError(f"calls not extracted within {WAIT} s: {missing}")
            time.sleep(0.1)
            missing -= {call for call in missing if (self.folder / f"data/extractions/{call}.done").exists()}


class Workspace:
    """The part of ElevenLabs' API that `elaaoms connect` uses. It has one agent, `agent_1`."""

    def __enter__(self):
        self.requests, self.tools, self.webhooks = [], [], []
        self.agent = {
            "agent_id": "agent_1",
            "name": "Bike shop",
            "conversation_config": {"agent": {"first_message": "Hello!", "prompt": {"prompt": "Be kind.", "tool_ids": []}}},
        }
        workspace = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or "null")
                path = self.path.split("?")[0]
                workspace.requests.append((self.command, path, body))
                status, answer = workspace.answer(self.command, path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def sent(self, method, path):
        return [body for sent, to, body in self.requests if (sent, to) == (method, path)]

    def answer(self, method, path, body):
        match (method, path.removeprefix("/v1/")):
            case ("GET", "convai/secrets"):
                return 200, {"secrets": [], "has_more": False, "next_cursor": None}
            case ("POST", "convai/secrets"):
                return 200, {"type": "stored", "secret_id": "secret_1", "name": body["name"]}
            case ("GET", "convai/tools"):
                return 200, {"tools": self.tools, "has_more": False, "next_cursor": None}
            case ("POST", "convai/tools"):
                self.tools.append({"id": "tool_1", "tool_config": body["tool_config"]})
                return 200, self.tools[-1]
            case ("GET", "workspace/webhooks"):
                return 200, {"webhooks": self.webhooks}
            case ("POST", "workspace/webhooks"):
                settings = body["settings"]
                self.webhooks.append({"webhook_id": "webhook_1", "name": settings["name"], "is_disabled": False,
                                      "webhook_url": settings["webhook_url"], "is_auto_disabled": False})
                return 200, {"webhook_id": "webhook_1", "webhook_secret": "wsec_1"}
            case ("PATCH", "workspace/webhooks/webhook_1"):
                return 200, {"status": "ok"}
            case ("GET", "convai/agents/agent_1"):
                return 200, self.agent
            case ("PATCH", "convai/agents/agent_1"):
                self.agent = merged(self.agent, body)
                return 200, self.agent
            case _:
                return 404, {"detail": {"message": "not found"}}


def merged(into, other):
    """Merges like the API: named fields are set, lists are replaced as a whole."""
    if not (isinstance(into, dict) and isinstance(other, dict)):
        return other
    return {**into, **{name: merged(into.get(name), value) for name, value in other.items()}}


def connect(program, workspace, folder):
    """Connects the agent with all webhooks."""
    (folder / ".env").write_text(f"WEBHOOK_API_KEY={API_KEY}\nCALLER_ID_PEPPER=pepper\n")
    variables = {"PATH": os.environ["PATH"], "ELEVENLABS_API_KEY": "xi-test", "ELEVENLABS_API_URL": workspace.base}
    command = [program, "connect", "--agent", "agent_1", "--url", "https://memory.example.com", "--greeting", "both", "--yes"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=WAIT)
    assert done.returncode == 0, done.stdout + done.stderr
