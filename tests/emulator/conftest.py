"""One emulator and one deployment for all tests that ask it; they run in the order in which they are written."""

import json

import pytest

from support.elevenlabs import ElevenLabs
from support.emulator import Emulator
from support.openmemory import OpenMemory
from support.stack import Stack


class System:
    """Everything together."""

    def __init__(self, folder):
        self.emulator = Emulator(folder)
        self.openmemory = OpenMemory(folder)
        self.stack = Stack(self.emulator, folder, OpenMemoryApiUrl=self.openmemory.url)
        self.elevenlabs = ElevenLabs(self.stack, "", "")

    def stop(self):
        self.openmemory.stop()
        self.emulator.stop()

    def secrets(self) -> dict[str, str]:
        client = self.emulator.client("secretsmanager")
        return json.loads(client.get_secret_value(SecretId=self.stack.outputs["SecretsArn"])["SecretString"])

    def set_secrets(self, **values: str):
        """What an operator does, or `elaaoms connect` for one."""
        client = self.emulator.client("secretsmanager")
        secrets = json.dumps(self.secrets() | values)
        client.put_secret_value(SecretId=self.stack.outputs["SecretsArn"], SecretString=secrets)

    def kept(self, key: str) -> bytes | None:
        """An object of the bucket."""
        client = self.emulator.client("s3")
        try:
            return client.get_object(Bucket=self.stack.outputs["PayloadBucket"], Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None

    def is_done(self, conversation: str) -> bool:
        return self.kept(f"extractions/{conversation}.done") is not None

    def dead_letters(self) -> list[dict]:
        client = self.emulator.client("sqs")
        url = self.stack.outputs["DeadLetterQueueUrl"]
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return received.get("Messages", [])

    def log(self, function: str) -> list[dict]:
        """The lines of a function's log that are JSON: its own and its figures."""
        client = self.emulator.client("logs")
        lines, more = [], {}
        while True:
            page = client.filter_log_events(logGroupName=f"/elaaoms/elaaoms-dev/{function}", **more)
            for event in page["events"]:
                for line in event["message"].splitlines():
                    if line.startswith("{"):
                        lines.append(json.loads(line))
            if not page.get("nextToken"):
                return lines
            more = {"nextToken": page["nextToken"]}

    def figures(self, function: str, name: str) -> list[float]:
        """All values of a figure that a function sent."""
        values = [line[name] for line in self.log(function) if "_aws" in line and name in line]
        return [one for value in values for one in (value if isinstance(value, list) else [value])]


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("system")
    print(f"\nlogs in {folder}")
    system = System(folder)
    yield system
    system.stop()
