"""`elaaoms replay` on a deployment: calls that are kept go back into its queue, and what is remembered is there once."""

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
    """Given up while the other tests run: it takes three tries."""
    url = system.stack.outputs["ExtractionQueueUrl"]
    job = json.dumps({"conversation_id": GIVEN_UP, "payload": key_of(GIVEN_UP)})
    system.emulator.client("sqs").send_message(
        QueueUrl=url, MessageBody=job, MessageGroupId="given-up", MessageDeduplicationId=GIVEN_UP
    )


def key_of(conversation: str) -> str:
    return f"payloads/{conversation}/{conversation}_transcription.json"


def keep(system, conversation: str):
    """A call that is in the bucket and was never queued."""
    body = payload("first-call").replace(b"conv_5501tomas1first", conversation.encode()).replace(TOMAS.encode(), CALLER.encode())
    bucket = system.stack.outputs["PayloadBucket"]
    system.emulator.client("s3").put_object(Bucket=bucket, Key=key_of(conversation), Body=body)


def replay(system, *arguments: str) -> dict:
    ran = elaaoms(system, "replay", *arguments)
    assert ran.code == 0, ran.out + ran.err
    return ran.json


def contents(system) -> list[str]:
    return sorted(memory["content"] for memory in system.openmemory.memories(NURSERY, CALLER))


def test_a_call_is_put_back_by_its_name_and_not_twice(system):
    keep(system, BY_NAME)
    counts = replay(system, BY_NAME, "conv_5600nowhere")
    assert (counts["put_back"], counts["not_kept"]) == (1, 1)
    until(lambda: system.is_done(BY_NAME), 30, "the queue takes it")
    remembered = contents(system)
    assert remembered
    counts = replay(system, BY_NAME)
    assert (counts["put_back"], counts["extracted_before"]) == (0, 1)
    assert contents(system) == remembered


def test_a_call_is_extracted_again_and_again_and_remembered_once(system):
    before = contents(system)
    done = lambda: system.kept(f"extractions/{BY_NAME}.done")
    for _ in range(2):
        earlier = done()
        # Versions are seconds.
        time.sleep(1.1)
        assert replay(system, BY_NAME, "--redo")["put_back"] == 1
        until(lambda: done() != earlier, 30, "the queue takes it, and its version is done")
        assert contents(system) == before
    client, bucket = system.emulator.client("s3"), system.stack.outputs["PayloadBucket"]
    records = client.list_objects_v2(Bucket=bucket, Prefix=f"extractions/{BY_NAME}.redo-")["Contents"]
    assert len([record for record in records if record["Key"].endswith(".json")]) == 2, "and the first record stays"
    assert system.kept(f"extractions/{BY_NAME}.json") is not None


def test_what_is_kept_and_was_never_extracted_is_found(system):
    keep(system, MISSING)
    assert replay(system, "--missing")["put_back"] == 1
    until(lambda: system.is_done(MISSING), 30, "the queue takes it")
    assert replay(system, "--missing")["put_back"] == 0


def test_calls_are_put_back_from_a_time_on(system):
    time.sleep(1.1)
    since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    keep(system, SINCE)
    counts = replay(system, "--since", since)
    assert (counts["put_back"], counts["extracted_before"]) == (1, 0)
    until(lambda: system.is_done(SINCE), 30, "the queue takes it")
    counts = replay(system, "--since", "2020-01-01")
    assert counts["put_back"] == 0 and counts["extracted_before"] >= 3


def test_what_was_given_up_is_listed_and_put_back_when_its_cause_is_gone(system):
    listed = lambda: [letter["conversation_id"] for letter in replay(system, "--dlq", "--list")["dead_letters"]]
    until(lambda: GIVEN_UP in listed(), 60, "it is given up", every=2)
    assert GIVEN_UP in listed(), "it stays after a look at it"
    unreadable = listed().count(None)
    keep(system, GIVEN_UP)
    counts = replay(system, "--dlq")
    assert counts["put_back"] >= 1 and counts["unreadable"] == unreadable
    until(lambda: system.is_done(GIVEN_UP), 30, "the queue takes it")
    # Others whose cause is still there are given up once more.
    until(lambda: waiting(system) == 0, 60, "the queue is worked off", every=1)
    assert GIVEN_UP not in listed()


def waiting(system) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = system.stack.outputs["ExtractionQueueUrl"]
    attributes = system.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)
