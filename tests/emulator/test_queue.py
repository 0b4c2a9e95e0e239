"""SQS FIFO and S3 keep what the embedded queue and a folder keep: the same Rust suites, run against the emulator's."""

import os
import re
import subprocess

import pytest

from support.emulator import Emulator
from support.places import ROOT


@pytest.fixture
def emulator(tmp_path):
    emulator = Emulator(tmp_path)
    yield emulator
    emulator.stop()


def test_sqs_keeps_the_promises_of_the_queue(emulator):
    # All at once: they mostly wait.
    passed = run_suite(emulator.front.url, "queue", "sqs_fifo::", "--test-threads=16")
    assert passed > 0


def test_after_chaos_on_sqs_every_call_is_remembered_exactly_once(emulator):
    # Past the front: thousands of requests, and no policy that asks how they came.
    assert run_suite(emulator.url, "it", "chaos::sqs::") == 1


def run_suite(endpoint: str, target: str, tests: str, *arguments: str) -> int:
    """Runs these ignored tests of a target, and says how many passed."""
    account = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environment = dict(os.environ, ELAAOMS_TEST_AWS_ENDPOINT=endpoint, **account)
    # The whole workspace, so that nothing is built a second time with other features.
    command = ["cargo", "test", "--quiet", "--workspace", "--test", target, "--", tests, "--ignored", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return sum(int(passed) for passed in re.findall(r"test result: ok\. (\d+) passed", run.stdout))
