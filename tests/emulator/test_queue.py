"""Runs the Rust suites of the embedded queue and the folder archive against the emulator's SQS FIFO
and S3, and puts events onto a bus of its EventBridge."""

import json
import os
import re
import subprocess

import pytest

from support.emulator import Emulator
from support.paths import ROOT


@pytest.fixture
def emulator(tmp_path):
    emulator = Emulator(tmp_path)
    yield emulator
    emulator.stop()


def test_sqs_fifo_passes_the_queues_conformance_suite(emulator):
    # In parallel, because they mostly wait.
    passed = run_suite(emulator.proxy.url, "queue", "sqs_fifo::", "--test-threads=16")
    assert passed > 0


def test_after_random_failures_on_sqs_every_call_is_remembered_once(emulator):
    # Bypasses the TLS proxy: it sends thousands of requests, and no policy checks for TLS.
    assert run_suite(emulator.url, "it", "chaos::sqs::") == 1


def test_events_reach_a_rule_of_the_event_bus(emulator):
    sqs, events = emulator.client("sqs"), emulator.client("events")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="calls")
    events.put_rule(Name="all", EventBusName="calls", EventPattern=json.dumps({"source": ["elaaoms"]}))
    events.put_targets(Rule="all", EventBusName="calls", Targets=[{"Id": "queue", "Arn": arn}])
    assert run_suite(emulator.url, "queue", "event_bus::") == 1
    received = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        received += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert {one["detail-type"] for one in received} == {"caller.forgotten"}
    assert len({one["detail"]["id"] for one in received}) == 12


def run_suite(endpoint: str, target: str, tests: str, *arguments: str) -> int:
    """Runs ignored tests of a target and returns how many passed."""
    account = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environment = dict(os.environ, ELAAOMS_TEST_AWS_ENDPOINT=endpoint, **account)
    # The whole workspace, so that nothing is rebuilt with other features.
    command = ["cargo", "test", "--quiet", "--workspace", "--test", target, "--", tests, "--ignored", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return sum(int(passed) for passed in re.findall(r"test result: ok\. (\d+) passed", run.stdout))
