"""Runs Caddy and nginx with the example files in front of a running system, over TLS."""

import json
import os
import shutil
import subprocess

import pytest
from local import CONVERSATION, SECRETS, System, request, end_call, caller_name
from support.paths import ROOT
from support.ports import free_port
from support.waiting import until

EXAMPLES = ROOT / "examples" / "one-machine"
LARGEST = 6 * 1024 * 1024


@pytest.fixture
def system(tmp_path):
    # Limits unauthenticated requests to one per address, so that the test sees which address is
    # counted.
    system = System(tmp_path, TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_PER_MINUTE="1", RATE_LIMIT_BURST="1", LOG_LEVEL="INFO")
    yield system
    system.stop()


def needs(program: str):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


def caddy(folder, upstream: int) -> tuple[list, str, dict]:
    """Returns the example with unprivileged ports and a certificate of Caddy's own authority."""
    ports = free_port(), free_port()
    head = f"{{\n\tadmin off\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n\tskip_install_trust\n}}\n"
    (folder / "Caddyfile").write_text(head + (EXAMPLES / "Caddyfile").read_text())
    environment = {"DOMAIN": "localhost", "UPSTREAM": f"127.0.0.1:{upstream}", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return command, f"https://localhost:{ports[1]}", environment


def nginx(folder, upstream: int) -> tuple[list, str, dict]:
    """Returns the example with another upstream, other ports and a generated certificate."""
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    files = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run([*certificate, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    plain, secure = free_port(), free_port()
    text = (EXAMPLES / "nginx.conf").read_text()
    for old, new in [
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("/etc/letsencrypt/live/memory.example.com", str(folder)),
        ("memory.example.com", "localhost"),
    ]:
        assert old in text, old
        text = text.replace(old, new)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"pid {folder}/pid;\nerror_log stderr;\nworker_processes 1;\nevents {{}}\nhttp {{\naccess_log {folder}/access.log;\n{places}{text}\n}}\n"
    (folder / "nginx.conf").write_text(main)
    # The workers need access to the folder for large bodies.
    user = ["-g", "daemon off; user root;"] if os.geteuid() == 0 else ["-g", "daemon off;"]
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"), *user], f"https://localhost:{secure}", {}


@pytest.mark.parametrize("proxy", [caddy, nginx])
def test_the_proxy_forwards_only_webhooks_and_health(proxy, system, tmp_path):
    needs(proxy.__name__)
    folder = tmp_path / "proxy"
    folder.mkdir()
    command, base, environment = proxy(folder, system.port)
    with open(folder / "proxy.log", "wb") as log:
        front = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        until(lambda: is_serving(base, front, folder / "proxy.log"), 180, f"{proxy.__name__} starts")
        assert end_call(base).status == 200
        until(lambda: (tmp_path / f"data/extractions/{CONVERSATION}.done").exists(), 180, "the call is remembered")
        assert caller_name(base) == "Tomas"
        assert end_call(base, largest()).status == 200
        assert end_call(base, largest() + b" ").status == 413
        for path in ("/", "/metrics", "/openmemory", "/healthy"):
            assert request(base + path).status == 404, path
        # One client with two forged addresses: the proxy ignores them, so both requests count for
        # one address.
        forged = {"x_forwarded_for": "203.0.113.7"}
        assert request(f"{base}/webhook/post-call", b"{}", **forged).status == 401
        assert request(f"{base}/webhook/post-call", b"{}", x_forwarded_for="203.0.113.8").status == 429
    finally:
        front.terminate()
        front.wait(180)
    assert_log_is_private(folder / "proxy.log")


def is_serving(base: str, front: subprocess.Popen, log) -> bool:
    assert front.poll() is None, log.read_text()
    try:
        return request(f"{base}/health").status == 200
    except OSError:
        return False


def largest() -> bytes:
    """Returns a body of the maximum size."""
    event = {"type": "something_new", "data": {"conversation_id": "conv_large", "padding": ""}}
    event["data"]["padding"] = "x" * (LARGEST - len(json.dumps(event)))
    body = json.dumps(event).encode()
    assert len(body) == LARGEST
    return body


def assert_log_is_private(log):
    log_text = log.read_text()
    for private in ("Tomas", "2025550123", *SECRETS.values()):
        assert private not in log_text
