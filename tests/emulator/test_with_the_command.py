"""The operator's command on a deployment: smoke, load, doctor, backup, forget, restore.

Each test continues from the state that the previous one left."""

import hashlib
import hmac
import json
import os
import pty
import re
import subprocess
import termios

import pytest

from support.command import elaaoms
from support.elevenlabs import payload, request
from support.paths import ELAAOMS
from support.waiting import until, until_passes

NURSERY, TOMAS = "agent_4401greenfold7nursery2a", "+12025550123"
FIRST, SPANISH = "conv_5501tomas1first", "conv_5502ines1taller"
PREFIXES = ("payloads/", "extractions/", "callers/", "erased/")
HMAC_KEY = "wsec_of_the_suite"
# Limit for functions to use changed secrets, which they read at most once a minute.
ROTATION = 180


@pytest.fixture(scope="module", autouse=True)
def calls(system):
    """Sets the secrets as test_system.py does, and stores calls of two callers."""
    if not system.elevenlabs.hmac_key:
        system.elevenlabs.webhook_key = system.secrets()["WEBHOOK_API_KEY"]
        system.elevenlabs.hmac_key = HMAC_KEY
        system.set_secrets(ELEVENLABS_POST_CALL_HMAC_KEY=HMAC_KEY)
        unreadable = b'{"type":"post_call_transcription","data":{}}'
        until(lambda: system.elevenlabs.end_call(unreadable).status == 200, ROTATION, "post-call accepts the key", every=2)
        until(lambda: request("GET", system.stack.url("/health")).status == 200, ROTATION + 30, "health reports the secrets", every=3)
    for name, conversation in (("first-call", FIRST), ("spanish", SPANISH)):
        # Twice, so that the bucket has a noncurrent version.
        for _ in range(2):
            assert system.elevenlabs.end_call(payload(name)).status == 200
        until(lambda: system.is_done(conversation), 180, f"{conversation} is remembered")


def versions(system) -> list[dict]:
    """Returns all versions of all objects, and the delete markers."""
    pages = system.emulator.client("s3").get_paginator("list_object_versions")
    found = []
    for page in pages.paginate(Bucket=system.stack.outputs["PayloadBucket"]):
        found += page.get("Versions", []) + page.get("DeleteMarkers", [])
    return found


def archive(system) -> dict[str, bytes]:
    """Returns the current objects that a backup holds, by key: all but the counts of model requests."""
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    found = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if entry["Key"].startswith(PREFIXES) and not entry["Key"].startswith("extractions/budget/"):
                found[entry["Key"]] = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    return found


def pseudonym(system, caller: str) -> str:
    return hmac.new(system.secrets()["CALLER_ID_PEPPER"].encode(), caller.encode(), hashlib.sha256).hexdigest()


def is_known(system, caller: str) -> bool:
    response = system.elevenlabs.start_call(caller, NURSERY)
    return response.status == 200 and response.json["dynamic_variables"]["caller_known"] == "true"


def test_a_deployment_passes_the_smoke_test_which_leaves_no_data(system):
    output = elaaoms(system, "smoke", system.stack.url(""), "--wait", "180")
    assert output.code == 0, output.stdout + output.stderr
    assert len(output.json["steps"]) >= 15
    assert not [one["Key"] for one in versions(system) if "smoke" in one["Key"]]


@pytest.mark.parametrize("endpoint", ["health", "client-data", "search-memory", "post-call"])
def test_a_load_test_leaves_no_data(system, tmp_path, endpoint):
    before = archive(system)
    plot = tmp_path / "load.svg"
    words = ("--endpoint", endpoint, "--requests", "40", "--concurrency", "4", "--plot", str(plot))
    output = elaaoms(system, "load", system.stack.url(""), *words)
    assert output.code == 0, output.stdout + output.stderr
    assert (output.json["answers"], output.json["failed"]) == (40, 0)
    assert plot.read_text().startswith("<svg")
    assert archive(system) == before


def test_doctor_checks_the_store_the_queue_and_the_last_extraction(system):
    def check():
        output = elaaoms(system, "doctor", "--url", system.stack.url(""))
        assert output.code == 0, output.stdout + output.stderr
        found = {finding["check"]: finding for finding in output.json["findings"]}
        assert found["openmemory"]["told"].startswith("dialect v1"), found
        assert found["health"]["state"] == "fine", found
        assert "dead-letter queue" in found["queue"]["told"], found
        assert "memories by" in found["extraction"]["told"], found

    until_passes(check)


def test_a_backup_restores_a_deployment_that_lost_all_data(system, tmp_path):
    backup = str(tmp_path / "backup")
    output = elaaoms(system, "backup", backup)
    assert output.code == 0, output.stderr
    counts = output.json["counts"]
    assert counts["memories"] > 0
    before, memories = archive(system), system.openmemory.memories(NURSERY, TOMAS)
    delete_all_versions(system, lambda key: key.startswith(PREFIXES))
    system.openmemory.wipe()
    assert archive(system) == {}
    assert not is_known(system, TOMAS)
    output = elaaoms(system, "restore", backup, "--yes")
    assert output.code == 0, output.stderr
    assert output.json["files"] == len(before)
    assert archive(system) == before
    assert system.openmemory.memories(NURSERY, TOMAS) == memories
    until(lambda: is_known(system, TOMAS), 120, "the caller is known again")
    again = elaaoms(system, "restore", backup, "--yes").json
    assert (again["files"], again["memories"], again["newer"]) == (0, 0, 0)
    assert elaaoms(system, "backup", backup).json["counts"] == counts


def test_no_object_version_and_no_row_names_a_forgotten_caller(system, tmp_path):
    backup, hidden = str(tmp_path / "backup"), pseudonym(system, TOMAS)
    assert elaaoms(system, "backup", backup).code == 0
    # A noncurrent version and a delete marker, as they occur in a versioned bucket.
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    key = f"payloads/{FIRST}/{FIRST}_failure.json"
    client.put_object(Bucket=bucket, Key=key, Body=payload("first-call"))
    client.delete_object(Bucket=bucket, Key=key)
    system.elevenlabs.end_call(payload("first-call"))
    assert len([one for one in versions(system) if FIRST in one["Key"]]) > 5
    output = elaaoms(system, "memories", "forget", TOMAS, "--yes")
    assert output.code == 0, output.stderr
    assert no_object_names(system, hidden)
    tombstone = [f"erased/{FIRST}"]
    assert [one["Key"] for one in versions(system) if FIRST in one["Key"]] == tombstone
    assert not system.openmemory.contains(TOMAS[1:])
    assert not is_known(system, TOMAS)
    # Neither the webhook nor the backup brings it back.
    again = system.elevenlabs.end_call(payload("first-call"))
    assert again.status == 200, again.body
    assert again.json["data"]["memory_extraction_queued"] is False
    # The tombstone is rewritten, as one more version.
    until(lambda: {one["Key"] for one in versions(system) if FIRST in one["Key"]} == set(tombstone), 180, "the call is erased again")
    output = elaaoms(system, "restore", backup, "--overwrite", "--yes")
    assert output.code == 0 and output.json["erased"] > 0, output.stderr
    assert no_object_names(system, hidden)
    assert not is_known(system, TOMAS)
    assert system.object(f"extractions/{SPANISH}.done") is not None, "calls of other callers must stay"


def test_a_missing_secret_is_prompted_for_without_echo(tmp_path):
    call = tmp_path / "call.json"
    call.write_bytes(payload("first-call"))
    words = [str(ELAAOMS), "sign", str(call), "--data-dir", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"], "TERM": "dumb"}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execve(words[0], words, environment)
    shown = b""
    while b"not shown" not in shown:
        shown += os.read(terminal, 1000)
    # The prompt appears before the program turns the echo off.
    until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO, 120, "the echo is off")
    os.write(terminal, b"typed-by-hand\n")
    try:
        while True:
            shown += os.read(terminal, 1000)
    except OSError:  # The program closed the terminal.
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    header = re.search(rb"t=(\d+),v0=([0-9a-f]{64})", shown)
    expected = hmac.new(b"typed-by-hand", header[1] + b"." + call.read_bytes(), hashlib.sha256).hexdigest()
    assert header[2].decode() == expected
    assert b"typed-by-hand" not in shown
    piped = subprocess.run(words, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert piped.returncode == 3 and "ELEVENLABS_POST_CALL_HMAC_KEY is not set" in piped.stderr, piped


def no_object_names(system, hidden: str) -> bool:
    """Asserts that no version of any object names the caller.

    Only the audit trail and the caller's tombstone may contain the pseudonym.
    """
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    for one in versions(system):
        body = b""
        if "Size" in one:
            body = client.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        assert TOMAS[1:].encode() not in body and TOMAS[1:] not in one["Key"], one["Key"]
        if not one["Key"].startswith("audit/"):
            # A forgotten caller's tombstone has the pseudonym in its key and the time of the
            # erasure as content.
            is_tombstone = one["Key"] == f"erased/caller-{hidden}" and (not body or list(json.loads(body)) == ["forgotten_at"])
            assert is_tombstone or (hidden.encode() not in body and hidden not in one["Key"]), one["Key"]
    return True


def delete_all_versions(system, which):
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    for one in versions(system):
        if which(one["Key"]):
            client.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])

