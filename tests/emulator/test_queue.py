"""SQS FIFO keeps what the embedded queue promises: the same Rust suite, run against the emulator's."""

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
    account = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environment = dict(os.environ, ELAAOMS_TEST_SQS_ENDPOINT=emulator.front.url, **account)
    # The whole workspace, so that nothing is built a second time with other features. All at once: they mostly wait.
    command = ["cargo", "test", "--quiet", "--workspace", "--test", "queue", "--"]
    command += ["sqs_fifo::", "--ignored", "--test-threads=16"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    passed = int(re.search(r"test result: ok\. (\d+) passed", run.stdout)[1])
    assert passed > 0, run.stdout
