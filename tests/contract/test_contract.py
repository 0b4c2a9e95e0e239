"""Validates the test payloads, our responses and our requests against ElevenLabs' API."""

import copy
import json
import os
import pathlib

import pytest
from elevenlabs.types import ConversationInitiationClientDataRequestInput, ConvAiWebhooks
from elevenlabs.types import GetConversationResponseModel, WebhookToolConfigInput
from elevenlabs.types import AnalysisProperty, ConversationInitiationClientDataWebhook, OutboundCallRecipient

from system import Deployment, Workspace, connect
from validation import against_document, against_sdk

ROOT = pathlib.Path(__file__).parents[2]
PAYLOADS = {file.stem: json.loads(file.read_text()) for file in (ROOT / "tests/payloads").glob("*.json")}
CONVERSATIONS = ("post_call_transcription", "unredacted_transcript")
TWO_YEARS = 730 * 24 * 60 * 60

# The deployment guide's test body. ElevenLabs always sends more.
SYNTHETIC = {"no-analysis"}

# Documented by ElevenLabs in prose only, not in its OpenAPI document or SDK.
EVENTS = {
    "post_call_audio": {"agent_id": str, "conversation_id": str, "full_audio": str},
    "call_initiation_failure": {"agent_id": str, "conversation_id": str, "failure_reason": str, "metadata": dict},
}
FAILURE_REASONS = {"busy", "no-answer", "unknown"}


def deviations(payload):
    """Returns the reasons why ElevenLabs would not send this payload."""
    if set(payload) != {"type", "event_timestamp", "data"} or not isinstance(payload["event_timestamp"], int):
        return ["the envelope has other fields"]
    data, kind = payload["data"], payload["type"]
    if kind in CONVERSATIONS:
        return against_document("GetConversationResponseModel", data) + against_sdk(GetConversationResponseModel, data)
    if kind not in EVENTS:
        return [f"no such event: {kind}"]
    fields = EVENTS[kind]
    errors = [f"{name}: {data.get(name)!r}" for name, type_ in fields.items() if not isinstance(data.get(name), type_)]
    errors += [f"{name}: no such field" for name in data if name not in fields]
    if kind == "call_initiation_failure":
        errors += [] if data["failure_reason"] in FAILURE_REASONS else ["failure_reason"]
        errors += [] if data["metadata"].get("type") in ("twilio", "sip") and "body" in data["metadata"] else ["metadata"]
    return errors


@pytest.mark.parametrize("name", sorted(set(PAYLOADS) - SYNTHETIC))
def test_payloads_match_elevenlabs_schema(name):
    assert deviations(PAYLOADS[name]) == []


@pytest.mark.parametrize("name", sorted(SYNTHETIC))
def test_an_exception_is_still_needed(name):
    assert deviations(PAYLOADS[name]) != []


def without(field):
    return lambda data: data.pop(field)


def put(pointer, value):
    def change(data):
        *way, last = pointer.split("/")
        for step in way:
            data = data[int(step) if step.isdigit() else step]
        data[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("agent_id"),
        without("transcript"),
        put("status", "completed"),
        put("user_ident", "x"),
        put("metadata/start_time_unix_secs", "1767261600"),
        put("metadata/deletion_settings/delete_transcript_and_pii", "true"),
        put("metadata/deletion_settings/deletion_time", 1),
        put("metadata/conversation_initiation_source", "sip_trunking"),
        put("metadata/phone_call/direction", "in"),
        put("metadata/phone_call/caller", "+12025550123"),
        put("metadata/phone_call/type", "sip"),
        put("metadata/phone_call/call_result", "no-answer"),
        put("transcript/0/role", "assistant"),
        put("transcript/1/source_medium", "keypad"),
        put("transcript/1/text", "Hello"),
        put("analysis/call_successful", True),
        put("visited_agents", ["agent_1"]),
    ],
)
def test_a_payload_that_elevenlabs_would_not_send_is_detected(change):
    payload = copy.deepcopy(PAYLOADS["first-call"])
    change(payload["data"])
    assert deviations(payload) != []


def test_most_payloads_have_default_retention():
    settings = {
        name: (payload["data"]["metadata"]["deletion_settings"], payload["data"]["metadata"]["start_time_unix_secs"])
        for name, payload in PAYLOADS.items()
        if payload["type"] in CONVERSATIONS and name not in SYNTHETIC
    }
    ordinary = {
        name
        for name, (kept, start) in settings.items()
        if kept["delete_transcript_and_pii"] and kept["deletion_time_unix_secs"] == start + TWO_YEARS
    }
    assert set(settings) - ordinary == {"retention-zero", "web-no-caller", "withheld"}


# --- What we response and send -------------------------------------------------


@pytest.fixture(scope="module")
def deployment():
    with Deployment(os.environ["ELAAOMS_LOCAL_PROGRAM"]) as deployment:
        receipts = [deployment.post_call(PAYLOADS[name])["data"] for name in sorted(PAYLOADS)]
        queued = [receipt["conversation_id"] for receipt in receipts if receipt["memory_extraction_queued"]]
        assert len(queued) > 10
        deployment.wait_for(queued)
        yield deployment


def callers():
    """Returns the callers of the payloads and a number that never called."""
    numbers = {
        payload["data"]["metadata"]["phone_call"]["external_number"]
        for payload in PAYLOADS.values()
        if (payload["data"].get("metadata") or {}).get("phone_call")
    }
    return sorted(numbers | {"+12025550178"})


@pytest.mark.parametrize("caller", callers())
def test_the_client_data_response_is_conversation_initiation_client_data(deployment, caller):
    response = deployment.client_data(caller)
    assert response.pop("type") == "conversation_initiation_client_data"
    assert against_document("ConversationInitiationClientDataRequest-Output", response) == []
    assert against_sdk(ConversationInitiationClientDataRequestInput, response) == []
    variables = response["dynamic_variables"]
    assert all(isinstance(value, (str, int, float, bool)) for value in variables.values())
    assert not [name for name in variables if name.startswith("system__")]


def test_a_known_caller_is_recognised(deployment):
    assert deployment.client_data("+12025550123")["dynamic_variables"]["caller_known"] == "true"


CALLEES = ["+12025550123", "+12025550178", "anonymous", "user:member-8812"]


@pytest.mark.parametrize("callee", CALLEES)
def test_the_output_of_outbound_is_conversation_initiation_client_data(deployment, callee):
    data = json.loads(deployment.outbound(os.environ["ELAAOMS_PROGRAM"], callee))
    assert data.pop("type") == "conversation_initiation_client_data"
    assert against_document("ConversationInitiationClientDataRequest-Output", data) == []
    assert against_sdk(ConversationInitiationClientDataRequestInput, data) == []
    known = "false" if callee in ("+12025550178", "anonymous") else "true"
    assert data["dynamic_variables"]["caller_known"] == known


def test_the_recipients_of_outbound_match_elevenlabs_schema(deployment):
    printed = deployment.outbound(os.environ["ELAAOMS_PROGRAM"], *CALLEES)
    recipients = [json.loads(line) for line in printed.splitlines()]
    assert len(recipients) == len(CALLEES)
    for recipient, callee in zip(recipients, CALLEES):
        recipient["conversation_initiation_client_data"].pop("type")
        assert against_sdk(OutboundCallRecipient, recipient) == []
        assert recipient.get("phone_number") == (None if callee.startswith("user:") else callee)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace() as workspace:
        connect(os.environ["ELAAOMS_PROGRAM"], workspace, tmp_path_factory.mktemp("connect"))
        yield workspace


def test_the_tools_of_connect_match_elevenlabs_schema(workspace):
    configs = [tool["tool_config"] for tool in workspace.sent("POST", "/v1/convai/tools")]
    assert sorted(config["name"] for config in configs) == ["do_not_remember", "search_memory"]
    for config in configs:
        assert against_document("WebhookToolConfig-Input", config) == []
        # The SDK's models do not contain the discriminator.
        assert config.pop("type") == "webhook"
        assert against_sdk(WebhookToolConfigInput, config) == []


def test_the_webhooks_of_connect_match_elevenlabs_schema(workspace):
    overrides = [
        patch["platform_settings"]["workspace_overrides"]
        for patch in workspace.sent("PATCH", "/v1/convai/agents/agent_1")
        if "workspace_overrides" in patch.get("platform_settings", {})
    ]
    assert overrides
    for override in overrides:
        if webhooks := override.get("webhooks"):
            assert against_document("ConvAIWebhooks", webhooks) == []
            assert against_sdk(ConvAiWebhooks, webhooks) == []
        if initiation := override.get("conversation_initiation_client_data_webhook"):
            assert against_document("ConversationInitiationClientDataWebhook", initiation) == []
            assert against_sdk(ConversationInitiationClientDataWebhook, initiation) == []


def test_the_data_collection_items_of_connect_match_elevenlabs_schema(workspace):
    patches = workspace.sent("PATCH", "/v1/convai/agents/agent_1")
    items = [patch["platform_settings"]["data_collection"] for patch in patches if "data_collection" in patch.get("platform_settings", {})]
    assert items
    for item in (item for sent in items for item in sent.values()):
        assert against_document("AnalysisProperty", item) == []
        assert against_sdk(AnalysisProperty, item) == []
