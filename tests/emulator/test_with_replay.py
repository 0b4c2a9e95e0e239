"""`elaaoms replay` on a deployment: stored calls return to the queue, and each is remembered once."""

import json
import time
from datetime import datetime, timezone

import pytest

from support.command import elaaoms
from support.elevenlabs import payload
from support.waiting import until

NURSERY, TOMAS, CALLER = "agent_4401greenfold7nursery2a", "+12025550123", "+12025550161"
BY_NAME, MISSING, SINCE, GIVEN_UP = "conv_5601named", "conv_5602missing", "conv_5603since", "conv_5604givenup"


@pytest.fixture(scope="module", autouse=True)
def a_job_without_its_call(system):
    """Queues a job that is given up after three attempts, while the other tests run."""
    url = system.stack.outputs["ExtractionQueueUrl"]
    job = json.dumps({"conversation_id": GIVEN_UP, "payload": payload_key(GIVEN_UP)})
    system.emulator.client("sqs").send_message(
        QueueUrl=url, MessageBody=job, MessageGroupId="given-up", MessageDeduplicationId=GIVEN_UP
    )


def payload_key(conversation: str) -> str:
    return f"payloads/{conversation}/{conversation}_transcription.json"


def store_payload(system, conversation: str):
    """Stores a call in the bucket without queueing it."""
    body = payload("first-call").replace(b"conv_5501tomas1first", conversation.encode()).replace(TOMAS.encode(), CALLER.encode())
    bucket = system.stack.outputs["PayloadBucket"]
    system.emulator.client("s3").put_object(Bucket=bucket, Key=payload_key(conversation), Body=body)


def replay(system, *arguments: str) -> dict:
    output = elaaoms(system, "replay", *arguments)
    assert output.code == 0, output.stdout + output.stderr
    return output.json


def contents(system) -> list[str]:
    return sorted(memory["content"] for memory in system.openmemory.memories(NURSERY, CALLER))


def test_replay_queues_a_named_call_once(system):
    store_payload(system, BY_NAME)
    counts = replay(system, BY_NAME, "conv_5600nowhere")
    assert (counts["put_back"], counts["not_kept"]) == (1, 1)
    until(lambda: system.is_done(BY_NAME), 180, "the call is extracted")
    remembered = contents(system)
    assert remembered
    counts = replay(system, BY_NAME)
    assert (counts["put_back"], counts["extracted_before"]) == (0, 1)
    assert contents(system) == remembered


def test_replay_redo_extracts_a_call_again_and_it_is_remembered_once(system):
    before = contents(system)
    done = lambda: system.object(f"extractions/{BY_NAME}.done")
    for _ in range(2):
        earlier = done()
        # Versions are timestamps in seconds.
        time.sleep(1.1)
        assert replay(system, BY_NAME, "--redo")["put_back"] == 1
        until(lambda: done() != earlier, 180, "the new version is done")
        assert contents(system) == before
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    records = client.list_objects_v2(Bucket=bucket, Prefix=f"extractions/{BY_NAME}.redo-")["Contents"]
    assert len([record for record in records if record["Key"].endswith(".json")]) == 2, "each version has a record, and the first record stays"
    assert system.object(f"extractions/{BY_NAME}.json") is not None


def test_replay_missing_finds_calls_that_were_never_extracted(system):
    store_payload(system, MISSING)
    assert replay(system, "--missing")["put_back"] == 1
    until(lambda: system.is_done(MISSING), 180, "the call is extracted")
    assert replay(system, "--missing")["put_back"] == 0


def test_replay_since_queues_calls_from_a_time_on(system):
    time.sleep(1.1)
    since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    store_payload(system, SINCE)
    counts = replay(system, "--since", since)
    assert (counts["put_back"], counts["extracted_before"]) == (1, 0)
    until(lambda: system.is_done(SINCE), 180, "the call is extracted")
    counts = replay(system, "--since", "2020-01-01")
    assert counts["put_back"] == 0 and counts["extracted_before"] >= 3


def test_replay_dlq_lists_dead_letters_and_queues_those_that_can_succeed(system):
    dead_letters = lambda: [letter["conversation_id"] for letter in replay(system, "--dlq", "--list")["dead_letters"]]
    until(lambda: GIVEN_UP in dead_letters(), 300, "the job is given up", every=2)
    assert GIVEN_UP in dead_letters(), "listing must not remove it"
    unreadable = dead_letters().count(None)
    store_payload(system, GIVEN_UP)
    counts = replay(system, "--dlq")
    assert counts["put_back"] >= 1 and counts["unreadable"] == unreadable
    until(lambda: system.is_done(GIVEN_UP), 180, "the call is extracted")
    # Jobs that still fail are given up again.
    until(lambda: waiting(system) == 0, 300, "the queue is empty", every=1)
    assert GIVEN_UP not in dead_letters()


def waiting(system) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = system.stack.outputs["ExtractionQueueUrl"]
    attributes = system.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)
