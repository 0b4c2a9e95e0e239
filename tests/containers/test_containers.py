"""Invokes every function in a container.

Nothing they depend on is reachable there, so this also tests outages.
"""

import json
import os
import signal
import subprocess

import pytest

from support.elevenlabs import payload, request, signature
from support.paths import BUILT, ROOT
from support.ports import free_port
from support.template import Template
from support.waiting import until

SECRETS = {"ELEVENLABS_POST_CALL_HMAC_KEY": "wsec_local", "WEBHOOK_API_KEY": "local", "CALLER_ID_PEPPER": "pepper"}
# SAM passes only variables that the template declares. Deployed functions have no secrets in
# theirs.
LOCAL = {"SECRETS_ARN": "", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", **SECRETS}
ENVIRONMENT = dict(os.environ, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", **SECRETS)
# Values of resources that only AWS creates.
STORAGE = {
    "PAYLOAD_BUCKET": "payloads",
    "EXTRACTION_QUEUE_URL": "http://127.0.0.1:9/1/jobs.fifo",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/1/dead.fifo",
}
CALL = {"caller_id": "+12025550123", "agent_id": "agent_plain"}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Returns the built template, changed for a machine without Secrets Manager."""
    template = Template.read(BUILT)
    for resource in template.resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = str(BUILT.parent / resource["Properties"]["CodeUri"])
            variables = resource["Properties"].get("Environment", {}).get("Variables", {})
            variables |= {name: value for name, value in STORAGE.items() if name in variables}
    template.document["Globals"]["Function"]["Environment"]["Variables"] |= LOCAL
    path = tmp_path_factory.mktemp("local") / "template.yaml"
    template.write(path)
    return path


def sam(command: list[str], template) -> list[str]:
    options = ["--template", str(template), "--skip-pull-image"]
    return ["sam", "local", *command, *options, "--parameter-overrides", "OpenMemoryApiUrl=http://127.0.0.1:9"]


def event(function: str, folder, body: bytes | None = None) -> str:
    """Creates a fresh event with the operator's command and returns its file."""
    command = ["cargo", "run", "--quiet", "-p", "elaaoms-cli", "--", "event", function]
    if body is not None:
        (folder / "body.json").write_bytes(body)
        command += ["--payload", str(folder / "body.json")]
    made = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True).stdout
    (folder / "event.json").write_bytes(made)
    return str(folder / "event.json")


def invoke(name: str, event_file: str, template) -> dict:
    command = sam(["invoke", name, "--event", event_file], template)
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{") and "_aws" not in line]
    assert lines, done.stderr[-3000:]
    return json.loads(lines[-1])


def test_health_reports_unreachable_dependencies(template, tmp_path):
    response = invoke("Health", event("health", tmp_path), template)
    assert response["statusCode"] == 503
    assert json.loads(response["body"])["checks"]["settings"] == "healthy"


def test_a_call_starts_without_a_memory_store(template, tmp_path):
    response = invoke("ClientData", event("client-data", tmp_path, json.dumps(CALL).encode()), template)
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["dynamic_variables"]["caller_known"] == "false"


def test_a_search_says_that_memory_cannot_be_reached(template, tmp_path):
    body = json.dumps(CALL | {"query": "order"}).encode()
    response = invoke("SearchMemory", event("search-memory", tmp_path, body), template)
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["memory_available"] is False


def test_a_call_that_cannot_be_stored_is_answered_with_503(template, tmp_path):
    response = invoke("PostCall", event("post-call", tmp_path, payload("first-call")), template)
    assert response["statusCode"] == 503


def test_a_failed_extraction_is_reported_for_retry(template, tmp_path):
    made = event("extraction", tmp_path, payload("first-call"))
    with open(made) as file:
        message = json.load(file)["Records"][0]["messageId"]
    assert invoke("Extraction", made, template) == {"batchItemFailures": [{"itemIdentifier": message}]}


def test_the_api_routes_to_every_function(template, tmp_path):
    port = free_port()
    command = sam(["start-api", "--host", "127.0.0.1", "--port", str(port), "--warm-containers", "LAZY"], template)
    with open(tmp_path / "api.log", "wb") as log:
        api = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            until(lambda: b"Running on" in (tmp_path / "api.log").read_bytes(), 180, "the API starts")
            body = json.dumps(CALL).encode()
            assert request("POST", f"{base}/webhook/client-data", body, x_api_key="local").status == 200
            assert request("POST", f"{base}/webhook/client-data", body, x_api_key="guessed").status == 401
            search = json.dumps(CALL | {"query": "order"}).encode()
            assert request("POST", f"{base}/webhook/search-memory", search, x_api_key="local").status == 200
            call = payload("first-call")
            proof = signature(call, SECRETS["ELEVENLABS_POST_CALL_HMAC_KEY"])
            assert request("POST", f"{base}/webhook/post-call", call, elevenlabs_signature=proof).status == 503
            assert request("GET", f"{base}/health").status == 503
            assert request("GET", f"{base}/webhook/post-call").status in (403, 404, 405)
        finally:
            api.send_signal(signal.SIGINT)  # SIGINT, so that SAM removes its containers.
            api.wait(180)
