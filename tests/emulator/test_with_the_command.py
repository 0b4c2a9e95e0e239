"""The operator's command on a deployment: tested, measured, looked into, backed up, forgotten, restored.

Each test goes on where the one before it stopped."""

import hashlib
import hmac
import json
import os
import pty
import re
import subprocess

import pytest

from support.command import elaaoms
from support.elevenlabs import payload, request
from support.places import ELAAOMS
from support.waiting import until

NURSERY, TOMAS = "agent_4401greenfold7nursery2a", "+12025550123"
FIRST, SPANISH = "conv_5501tomas1first", "conv_5502ines1taller"
KEPT = ("payloads/", "extractions/", "callers/", "erased/")
HMAC_KEY = "wsec_of_the_suite"
ROTATION = 75


@pytest.fixture(scope="module", autouse=True)
def calls(system):
    """Secrets as the tests of the system leave them, and two callers who are remembered."""
    if not system.elevenlabs.hmac_key:
        system.elevenlabs.webhook_key = system.secrets()["WEBHOOK_API_KEY"]
        system.elevenlabs.hmac_key = HMAC_KEY
        system.set_secrets(ELEVENLABS_POST_CALL_HMAC_KEY=HMAC_KEY)
        unreadable = b'{"type":"post_call_transcription","data":{}}'
        until(lambda: system.elevenlabs.call_is_over(unreadable).status == 200, ROTATION, "post-call opens", every=2)
        until(lambda: request("GET", system.stack.url("/health")).status == 200, ROTATION + 30, "health sees it", every=3)
    for name, conversation in (("first-call", FIRST), ("spanish", SPANISH)):
        # Twice, so that the bucket has an earlier version of it.
        for _ in range(2):
            assert system.elevenlabs.call_is_over(payload(name)).status == 200
        until(lambda: system.is_done(conversation), 60, f"{conversation} is remembered")


def versions(system) -> list[dict]:
    """Every version of every object, and the marks of those that were deleted."""
    pages = system.emulator.client("s3").get_paginator("list_object_versions")
    found = []
    for page in pages.paginate(Bucket=system.stack.outputs["PayloadBucket"]):
        found += page.get("Versions", []) + page.get("DeleteMarkers", [])
    return found


def archive(system) -> dict[str, bytes]:
    """What is kept now, by key."""
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    found = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if entry["Key"].startswith(KEPT):
                found[entry["Key"]] = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    return found


def pseudonym(system, caller: str) -> str:
    return hmac.new(system.secrets()["CALLER_ID_PEPPER"].encode(), caller.encode(), hashlib.sha256).hexdigest()


def is_known(system, caller: str) -> bool:
    answer = system.elevenlabs.call_begins(caller, NURSERY)
    return answer.status == 200 and answer.json["dynamic_variables"]["caller_known"] == "true"


def test_a_deployment_passes_the_smoke_test_and_keeps_nothing_of_the_invented_caller(system):
    ran = elaaoms(system, "smoke", system.stack.url(""))
    assert ran.code == 0, ran.out + ran.err
    assert len(ran.json["steps"]) >= 15
    assert not [one["Key"] for one in versions(system) if "smoke" in one["Key"]]


@pytest.mark.parametrize("endpoint", ["health", "client-data", "search-memory", "post-call"])
def test_a_deployment_takes_load_and_keeps_nothing_of_it(system, tmp_path, endpoint):
    before = archive(system)
    plot = tmp_path / "load.svg"
    words = ("--endpoint", endpoint, "--requests", "40", "--concurrency", "4", "--plot", str(plot))
    ran = elaaoms(system, "load", system.stack.url(""), *words)
    assert ran.code == 0, ran.out + ran.err
    assert (ran.json["answers"], ran.json["failed"]) == (40, 0)
    assert plot.read_text().startswith("<svg")
    assert archive(system) == before


def test_doctor_sees_the_store_the_queue_and_the_last_extraction(system):
    ran = elaaoms(system, "doctor", "--url", system.stack.url(""))
    assert ran.code == 0, ran.out + ran.err
    found = {finding["check"]: finding for finding in ran.json["findings"]}
    assert found["openmemory"]["told"].startswith("speaks v1"), found
    assert found["health"]["state"] == "fine", found
    assert "given up" in found["queue"]["told"], found
    assert "memories by" in found["extraction"]["told"], found


def test_a_deployment_is_backed_up_loses_everything_and_greets_its_callers_from_the_backup(system, tmp_path):
    backup = str(tmp_path / "backup")
    ran = elaaoms(system, "backup", backup)
    assert ran.code == 0, ran.err
    counts = ran.json["counts"]
    assert counts["memories"] > 0
    before, memories = archive(system), system.openmemory.memories(NURSERY, TOMAS)
    lose(system, lambda key: key.startswith(KEPT))
    system.openmemory.wipe()
    assert archive(system) == {}
    assert not is_known(system, TOMAS)
    ran = elaaoms(system, "restore", backup, "--yes")
    assert ran.code == 0, ran.err
    assert ran.json["files"] == len(before)
    assert archive(system) == before
    assert system.openmemory.memories(NURSERY, TOMAS) == memories
    assert is_known(system, TOMAS)
    again = elaaoms(system, "restore", backup, "--yes").json
    assert (again["files"], again["memories"], again["newer"]) == (0, 0, 0)
    assert elaaoms(system, "backup", backup).json["counts"] == counts


def test_whoever_is_forgotten_is_named_by_no_version_of_any_object_and_no_row(system, tmp_path):
    backup, hidden = str(tmp_path / "backup"), pseudonym(system, TOMAS)
    assert elaaoms(system, "backup", backup).code == 0
    # An earlier version, and the mark of one that somebody deleted, as they come to be in a versioned bucket.
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    key = f"payloads/{FIRST}/{FIRST}_failure.json"
    client.put_object(Bucket=bucket, Key=key, Body=payload("first-call"))
    client.delete_object(Bucket=bucket, Key=key)
    system.elevenlabs.call_is_over(payload("first-call"))
    assert len([one for one in versions(system) if FIRST in one["Key"]]) > 5
    ran = elaaoms(system, "memories", "forget", TOMAS, "--yes")
    assert ran.code == 0, ran.err
    assert nothing_names(system, hidden)
    mark = [f"erased/{FIRST}"]
    assert [one["Key"] for one in versions(system) if FIRST in one["Key"]] == mark
    assert not system.openmemory.holds(TOMAS[1:])
    assert not is_known(system, TOMAS)
    # Neither the webhook nor the backup brings it back.
    again = system.elevenlabs.call_is_over(payload("first-call"))
    assert again.status == 200, again.body
    assert again.json["data"]["memory_extraction_queued"] is False
    # The mark is written anew with it, as one more version.
    until(lambda: {one["Key"] for one in versions(system) if FIRST in one["Key"]} == set(mark), 30, "it goes again")
    ran = elaaoms(system, "restore", backup, "--overwrite", "--yes")
    assert ran.code == 0 and ran.json["erased"] > 0, ran.err
    assert nothing_names(system, hidden)
    assert not is_known(system, TOMAS)
    assert system.kept(f"extractions/{SPANISH}.done") is not None, "others stay"


def test_a_secret_that_is_not_set_is_asked_for_on_a_terminal_without_showing_it(tmp_path):
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
    os.write(terminal, b"typed-by-hand\n")
    try:
        while True:
            shown += os.read(terminal, 1000)
    except OSError:  # The other end is closed.
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    header = re.search(rb"t=(\d+),v0=([0-9a-f]{64})", shown)
    expected = hmac.new(b"typed-by-hand", header[1] + b"." + call.read_bytes(), hashlib.sha256).hexdigest()
    assert header[2].decode() == expected
    assert b"typed-by-hand" not in shown
    piped = subprocess.run(words, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert piped.returncode == 3 and "ELEVENLABS_POST_CALL_HMAC_KEY is not set" in piped.stderr, piped


def nothing_names(system, hidden: str) -> bool:
    """Of what is kept. The audit trail keeps the pseudonym alone, to show that it was done."""
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    for one in versions(system):
        body = b""
        if "Size" in one:
            body = client.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        assert TOMAS[1:].encode() not in body and TOMAS[1:] not in one["Key"], one["Key"]
        if not one["Key"].startswith("audit/"):
            # A forgotten caller's tombstone bears the pseudonym, and the time of the erasure.
            is_tombstone = one["Key"] == f"erased/caller-{hidden}" and (not body or list(json.loads(body)) == ["forgotten_at"])
            assert is_tombstone or (hidden.encode() not in body and hidden not in one["Key"]), one["Key"]
    return True


def lose(system, which):
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    for one in versions(system):
        if which(one["Key"]):
            client.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])

