"""Shares one emulator and one deployment among all tests.

The tests run in the order of their definition.
"""

import hashlib
import json

import pytest

from support.elevenlabs import ElevenLabs
from support.emulator import Emulator
from support.openmemory import OpenMemory
from support.paths import REGION
from support.stack import PATIENT, Stack, development_parameters


class System:
    """An emulator of AWS with a deployed stack, a memory store, and a client that acts as
    ElevenLabs."""

    def __init__(self, folder, own_server: bool = True):
        """Starts the emulator and deploys a stack, which uses a memory store of its own unless there
        is a server. That stack has default parameters; the other one has longer time limits."""
        self.emulator = Emulator(folder)
        self.openmemory = OpenMemory(folder) if own_server else None
        parameters = {}
        if self.openmemory:
            settings = f"{development_parameters()['Settings']};{PATIENT}"
            parameters = {"Store": "url", "OpenMemoryApiUrl": self.openmemory.url, "Settings": settings}
        self.stack = Stack(self.emulator, folder, **parameters)
        self.elevenlabs = ElevenLabs(self.stack, "", "")
        self._functions: dict[str, str | None] = {}
        self.emulator.proxy.may_invoke = self.may_invoke

    def stop(self):
        if self.openmemory:
            self.openmemory.stop()
        self.emulator.stop()

    def secrets(self) -> dict[str, str]:
        client = self.emulator.client("secretsmanager")
        return json.loads(client.get_secret_value(SecretId=self.stack.outputs["SecretsArn"])["SecretString"])

    def set_secrets(self, **values: str):
        """Changes secrets as an operator or `elaaoms connect` does."""
        client = self.emulator.client("secretsmanager")
        secrets = json.dumps(self.secrets() | values)
        client.put_secret_value(SecretId=self.stack.outputs["SecretsArn"], SecretString=secrets)

    def object(self, key: str) -> bytes | None:
        """Returns an object of the bucket, or None."""
        client = self.emulator.client("s3")
        try:
            return client.get_object(Bucket=self.stack.outputs["PayloadBucket"], Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None

    def is_done(self, conversation: str) -> bool:
        return self.object(f"extractions/{conversation}.done") is not None

    def dead_letters(self) -> list[dict]:
        client = self.emulator.client("sqs")
        url = self.stack.outputs["DeadLetterQueueUrl"]
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return received.get("Messages", [])

    def log(self, function: str) -> list[dict]:
        """Returns the JSON lines of a function's log: log events and metrics."""
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

    def metrics(self, function: str, name: str) -> list[float]:
        """Returns all values of a metric that a function logged, whether or not it sends them to
        CloudWatch."""
        values = [line[name] for line in self.log(function) if "Function" in line and name in line]
        return [one for value in values for one in (value if isinstance(value, list) else [value])]

    def may_invoke(self, key: str, model: str) -> bool:
        """Returns whether the role of the function with this access key may invoke a model."""
        function = self.function_of(key)
        if function is None:
            return False
        decided = self.emulator.client("iam").simulate_principal_policy(
            PolicySourceArn=self.stack.function(function)["Role"],
            ActionNames=["bedrock:InvokeModel"],
            ResourceArns=[f"arn:aws:bedrock:{REGION}::foundation-model/{model}"],
        )
        return decided["EvaluationResults"][0]["EvalDecision"] == "allowed"

    def function_of(self, key: str) -> str | None:
        """Returns the function that an access key belongs to."""
        if key not in self._functions:
            self._functions[key] = self._find_function(key)
        return self._functions[key]

    def _find_function(self, key: str) -> str | None:
        """Searches the functions' session keys, which the emulator derives from ARN and role."""
        names = ["client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health"]
        for name in names if self.openmemory else [*names, "openmemory"]:
            function = self.stack.function(name)
            arn = function["FunctionArn"].split(f"{function['FunctionName']}:")[0] + function["FunctionName"]
            for candidate in (arn, *(f"{arn}:{version}" for version in range(1, 9)), f"{arn}:live", f"{arn}:$LATEST"):
                digest = hashlib.sha256(f"{candidate}:{function['Role']}".encode()).hexdigest()
                if key == f"ASIA{digest[:16].upper()}":
                    return name
        return None


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("system")
    print(f"\nlogs in {folder}")
    system = System(folder)
    yield system
    system.stop()
