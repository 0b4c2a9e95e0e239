"""Tests the stack as `sam deploy` creates it without any parameter: OpenMemory is a function with a
DynamoDB table, and the roles of the stack are enforced.

Each test continues from the state that the previous one left.
"""

import json
import sys
from types import SimpleNamespace

import pytest

from conftest import System
from support.bedrock import ORDER
from support.command import elaaoms
from support.elevenlabs import payload, request
from support.paths import REGION, TEMPLATE
from support.stack import PATIENT
from support.template import Template
from support.waiting import until, until_passes

NURSERY, TOMAS, STRANGER = "agent_4401greenfold7nursery2a", "+12025550123", "+12025550111"
FUNCTIONS = ["client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health", "openmemory"]
FIRST = "conv_5501tomas1first"
HMAC_KEY = "wsec_of_the_suite"
# What UseTable allows.
TABLE_ACTIONS = {
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("default")
    print(f"\nlogs in {folder}")
    system = System(folder, own_server=False)
    # Before the first request, so that no function has read an incomplete secret.
    system.set_secrets(ELEVENLABS_POST_CALL_HMAC_KEY=HMAC_KEY)
    system.elevenlabs.hmac_key = HMAC_KEY
    system.elevenlabs.webhook_key = system.secrets()["WEBHOOK_API_KEY"]
    yield system
    system.stop()


def items(stack) -> list[dict]:
    """Returns everything in the table but the item about the table itself."""
    scanned = stack.emulator.client("dynamodb").scan(TableName=stack.stack.outputs["MemoriesTable"])["Items"]
    return [item for item in scanned if item["PK"]["S"] != "TABLE"]


def test_the_default_stack_is_healthy_without_a_server_of_the_operator(stack):
    assert "StoreSecretsArn" not in stack.stack.outputs
    health = lambda: request("GET", stack.stack.url("/health"))
    response = until(lambda: (answer := health()).status == 200 and answer, 180, "the stack is healthy", every=2)
    assert response.json["checks"]["openmemory"] == response.json["checks"]["database"] == "healthy"


def outcome_before_traffic(stack) -> str:
    """Runs the code that checks new versions, and returns what it reports to CodeDeploy, which the
    emulator lacks."""
    template = Template.read(TEMPLATE)
    code = template.resources["BeforeTraffic"]["Properties"]["Code"]["ZipFile"]
    reported = []
    deploy = SimpleNamespace(put_lifecycle_event_hook_execution_status=lambda **status: reported.append(status))
    clients = {"codedeploy": deploy, "lambda": stack.emulator.client("lambda")}
    functions = [stack.stack.function(name) for name in FUNCTIONS]
    versions = [f"{':'.join(one['FunctionArn'].split(':')[:7])}:{one['Version']}" for one in functions]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "boto3", SimpleNamespace(client=clients.get))
        patch.setenv("VERSIONS", ",".join(versions))
        index = {}
        exec(code, index)
        index["handler"]({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}, None)
    (status,) = reported
    assert (status["deploymentId"], status["lifecycleEventHookExecutionId"]) == ("d-1", "e-1")
    return status["status"]


def test_versions_that_start_may_get_traffic(stack):
    assert outcome_before_traffic(stack) == "Succeeded"


def test_the_store_refuses_requests_that_no_role_signed(stack):
    assert request("GET", f"{stack.stack.store_url}/health").status == 403


def test_a_call_is_stored_in_the_table_and_found(stack):
    response = stack.elevenlabs.end_call(payload("first-call"))
    assert response.status == 200, response.body
    until(lambda: stack.is_done(FIRST), 180, "the call is extracted")
    until_passes(lambda: finds_the_order(stack, TOMAS))
    assert stack.elevenlabs.search("order number", STRANGER, NURSERY).json["results"] == []
    keys = [item[key]["S"] for item in items(stack) for key in ("PK", "SK")]
    assert keys and not [key for key in keys if TOMAS[1:] in key or NURSERY in key], "keys must name nobody"


def test_the_caller_is_greeted_by_name(stack):
    def check():
        response = stack.elevenlabs.start_call(TOMAS, NURSERY)
        assert response.status == 200, response.body
        variables = response.json["dynamic_variables"]
        assert (variables["caller_known"], variables["caller_name"]) == ("true", "Tomas")

    # With the default time limits, a slow answer of the store is a call without memories.
    until_passes(check)
    assert stack.elevenlabs.start_call(STRANGER, NURSERY).json["dynamic_variables"]["caller_known"] == "false"


def test_a_redelivered_call_is_stored_once(stack):
    contents = lambda: sorted(repr(sorted(item.items())) for item in items(stack))
    before = contents()
    assert stack.elevenlabs.end_call(payload("first-call")).status == 200
    assert contents() == before


def test_doctor_finds_no_fault(stack):
    def check():
        output = elaaoms(stack, "doctor", "--url", stack.stack.url(""))
        found = {finding["check"]: finding for finding in output.json["findings"]}
        assert found["openmemory"]["told"].startswith("dialect v1"), found
        assert found["settings"]["state"] == found["health"]["state"] == "fine", found

    until_passes(check)


def test_a_forgotten_caller_leaves_no_item(stack):
    output = elaaoms(stack, "memories", "forget", TOMAS, "--yes")
    assert output.code == 0, output.stdout + output.stderr
    assert items(stack) == []
    assert stack.elevenlabs.start_call(TOMAS, NURSERY).json["dynamic_variables"]["caller_known"] == "false"
    assert stack.elevenlabs.search("order number", TOMAS, NURSERY).json["results"] == []


def test_only_openmemory_reaches_the_table_and_only_with_the_actions_of_its_policy(stack):
    used: dict[str, set[str]] = {}
    for call in stack.emulator.proxy.calls:
        if function := stack.function_of(call.key):
            assert call.status != 403, (function, call)
            used.setdefault(function, set()).add(call.action)
    # The permissions of a transaction are those of its items.
    of_the_table = used.pop("openmemory") - {"secretsmanager:GetSecretValue", "dynamodb:TransactWriteItems"}
    assert of_the_table and of_the_table <= TABLE_ACTIONS
    others = {action for actions in used.values() for action in actions}
    assert not [action for action in others if action.startswith("dynamodb:")], others


CHAT_MODEL, EMBEDDING_MODEL = "amazon.nova-lite-v1:0", "cohere.embed-multilingual-v3"


def model_arn(model: str) -> str:
    return f"arn:aws:bedrock:{REGION}::foundation-model/{model}"


def deploy_with_bedrock(stack, chat_model_arn: str, embedding_model_arn: str):
    """Deploys with models of Bedrock, and permission for the models of these ARNs."""
    proxy = stack.emulator.proxy
    proxy.calls.clear()
    stack.stack.deploy(
        options={"Embeddings": "bedrock", "EmbeddingModelArns": embedding_model_arn},
        LlmProvider="bedrock",
        LlmModel=CHAT_MODEL,
        LlmModelArns=chat_model_arn,
        Settings=f"{PATIENT};LLM_API_URL={proxy.url};EMBEDDING_API_URL={proxy.url}",
    )


def statuses_of_bedrock(stack, function: str) -> set[int]:
    """Returns the statuses of what this function asked a model."""
    calls = stack.emulator.proxy.calls
    return {call.status for call in calls if call.action == "bedrock:InvokeModel" and stack.function_of(call.key) == function}


def finds_the_order(stack, caller: str):
    response = stack.elevenlabs.search("order number", caller, NURSERY)
    assert response.status == 200, response.body
    assert any("GF-4410" in hit["memory"] for hit in response.json["results"]), response.body


def checks(stack) -> dict:
    """Returns the checks of `/health`, or none if it failed."""
    return request("GET", stack.stack.url("/health?wait=true")).json.get("checks", {})


def call_as(stack, caller: str, conversation: str):
    """Sends the first call as one of another caller, and waits until it is extracted."""
    body = json.loads(payload("first-call"))
    body["data"]["conversation_id"] = conversation
    body["data"]["metadata"]["phone_call"]["external_number"] = caller
    assert stack.elevenlabs.end_call(json.dumps(body).encode()).status == 200
    until(lambda: stack.is_done(conversation), 180, "the call is extracted")


def test_models_of_bedrock_extract_and_search(stack):
    deploy_with_bedrock(stack, model_arn(CHAT_MODEL), model_arn(EMBEDDING_MODEL))

    def models_answer():
        found = checks(stack)
        assert found.get("embeddings") == found.get("llm_api") == "healthy", found

    until_passes(models_answer, 180)
    caller = "+12025550131"
    call_as(stack, caller, "conv_with_bedrock")
    assert CHAT_MODEL in stack.emulator.chat_model.models

    def finds_by_meaning():
        response = stack.elevenlabs.search("fruit for the garden", caller, NURSERY)
        assert response.status == 200, response.body
        assert ORDER in {result["memory"] for result in response.json["results"]}, response.body

    until_passes(finds_by_meaning)
    assert statuses_of_bedrock(stack, "extraction") == statuses_of_bedrock(stack, "openmemory") == {200}


def test_a_call_is_kept_although_the_roles_may_not_use_the_models(stack):
    another = model_arn("amazon.titan-text-lite-v1")
    deploy_with_bedrock(stack, another, another)
    caller = "+12025550132"
    call_as(stack, caller, "conv_without_permission")
    until(lambda: checks(stack).get("embeddings") == "unhealthy", 180, "health reports the embedding model", every=2)
    assert statuses_of_bedrock(stack, "extraction") == statuses_of_bedrock(stack, "openmemory") == {403}
    until_passes(lambda: finds_the_order(stack, caller))


def test_an_invalid_entry_of_settings_is_named_by_health_and_doctor_without_its_value(stack):
    """Near the end, because no other function starts with it."""
    stack.stack.deploy(Settings="LLM_TIMOUT_MS=12345;LLM_VERIFY=maybe")

    def check():
        response = request("GET", stack.stack.url("/health"))
        assert response.status == 503, response.body
        assert len(response.json["reasons"]) == 1, response.body
        (reason,) = response.json["reasons"]
        assert "LLM_TIMOUT_MS" in reason and "LLM_VERIFY must be true or false" in reason, reason
        assert "12345" not in reason and "maybe" not in reason
        assert response.json["checks"]["settings"] == "unhealthy"

    # The previous version may report a slow service before the new one answers.
    until_passes(check, 180)
    output = elaaoms(stack, "doctor", "--url", stack.stack.url(""))
    assert output.code != 0
    assert "LLM_TIMOUT_MS" in output.stdout and "12345" not in output.stdout


def test_versions_that_do_not_start_get_no_traffic(stack):
    """After a deployment with invalid settings."""
    assert outcome_before_traffic(stack) == "Failed"
