"""Tests the deployed system over HTTP.

Each test continues from the state that the previous one left.
"""

import base64
import json
import time
import uuid

import pytest

from support.command import elaaoms
from support.elevenlabs import payload, request, signature
from support.provider import Provider
from support.stack import PATIENT
from support.waiting import until, until_passes

NURSERY, TOMAS = "agent_4401greenfold7nursery2a", "+12025550123"
FIRST, SECOND = "conv_5501tomas1first", "conv_5501tomas2second"
PLAIN, PLAIN_AGENT, PLAIN_CALLER = "conv_5505plain1guide", "agent_plain", "+15551234567"
STRANGER = "+12025550111"
HMAC_KEY = "wsec_of_the_suite"
VARIABLES = {
    "greeting", "caller_known", "caller_name", "caller_names", "memory_context", "last_call_summary", "last_call_at",
    "open_issues",
}  # fmt: skip
# Limit for functions to use changed secrets, which they read at most once a minute.
ROTATION = 180


def payload_key(conversation: str, ending: str) -> str:
    return f"payloads/{conversation}/{conversation}_{ending}"


# --- The first deployment, before any secret is set -----------------------------------------------


def test_after_the_first_deployment_health_names_missing_secrets(system):
    def check():
        response = request("GET", system.stack.url("/health?wait=true"))
        assert response.status == 503, response.body
        assert response.json["checks"]["openmemory"] == "healthy", response.body
        assert response.json["checks"]["settings"] == "unhealthy", response.body
        reasons = " ".join(response.json["reasons"])
        assert "ELEVENLABS_POST_CALL_HMAC_KEY" in reasons, reasons
        assert "WEBHOOK_API_KEY" not in reasons and "CALLER_ID_PEPPER" not in reasons, "the template generates them"

    # The first checks of a function that has just started may miss their time limit.
    until_passes(check, 180)


def test_before_secrets_are_set_the_webhooks_refuse_requests(system):
    assert system.elevenlabs.end_call(payload("first-call"), elevenlabs_signature=signature(b"", "")).status == 401
    assert system.elevenlabs.start_call(TOMAS, NURSERY, x_api_key="").status == 401
    assert system.elevenlabs.start_call(TOMAS, NURSERY, x_api_key="guessed").status == 401


def test_the_template_generates_a_key_for_webhooks_and_one_for_pseudonyms(system):
    secrets = system.secrets()
    assert len(secrets["WEBHOOK_API_KEY"]) == 48
    assert len(secrets["CALLER_ID_PEPPER"]) == 64
    system.elevenlabs.webhook_key = secrets["WEBHOOK_API_KEY"]


def test_a_secret_set_later_is_used_without_a_deployment(system):
    system.set_secrets(ELEVENLABS_POST_CALL_HMAC_KEY=HMAC_KEY)
    system.elevenlabs.hmac_key = HMAC_KEY
    unreadable = b'{"type":"post_call_transcription","data":{}}'
    until(lambda: system.elevenlabs.end_call(unreadable).status == 200, ROTATION, "post-call accepts the key", every=2)
    health = lambda: request("GET", system.stack.url("/health"))
    until(lambda: health().status == 200, ROTATION + 30, "health reports the secrets", every=3)


# --- Calls ----------------------------------------------------------------------------------------


def test_a_stranger_is_greeted_with_defaults_for_every_variable(system):
    response = system.elevenlabs.start_call(STRANGER, NURSERY)
    assert response.status == 200
    assert response.json["type"] == "conversation_initiation_client_data"
    variables = response.json["dynamic_variables"]
    assert set(variables) == VARIABLES
    assert variables["caller_known"] == "false"
    assert variables["greeting"]
    assert "conversation_config_override" not in response.json


def test_a_call_is_stored_byte_for_byte_and_its_memories_are_found(system):
    body = payload("first-call")
    response = system.elevenlabs.end_call(body)
    assert response.status == 200, response.body
    assert response.json["data"]["memory_extraction_queued"] is True
    assert system.object(payload_key(FIRST, "transcription.json")) == body
    until(lambda: system.is_done(FIRST), 180, "the call is extracted")

    def check():
        found = system.elevenlabs.search("order number", TOMAS, NURSERY)
        assert found.status == 200, found.body
        assert found.json["memory_available"] is True
        assert any("GF-4410" in hit["memory"] for hit in found.json["results"]), found.body

    until_passes(check)
    assert system.elevenlabs.search("order number", STRANGER, NURSERY).json["results"] == []


def test_the_caller_is_known_on_the_next_call(system):
    def check():
        response = system.elevenlabs.start_call(TOMAS, NURSERY)
        assert response.status == 200, response.body
        variables = response.json["dynamic_variables"]
        assert variables["caller_known"] == "true"
        assert variables["caller_name"] == "Tomas"

    until_passes(check)


@pytest.mark.parametrize(
    ("name", "key", "is_queued"),
    [
        ("failure-sip", payload_key("conv_5510failed2sip", "failure.json"), False),
        ("failure-twilio", payload_key("conv_5509failed1twilio", "failure.json"), False),
        ("web-no-caller", payload_key("conv_5503web1nobody", "transcription.json"), False),
        ("withheld", payload_key("conv_5508withheld1", "transcription.json"), False),
        ("spanish", payload_key("conv_5502ines1taller", "transcription.json"), True),
        ("outbound", payload_key("conv_5507outbound1", "transcription.json"), True),
        ("no-analysis", payload_key(PLAIN, "transcription.json"), True),
        ("injection", payload_key("conv_5506inject1order", "transcription.json"), True),
    ],
)
def test_every_type_of_payload_is_stored_byte_for_byte(system, name, key, is_queued):
    body = payload(name)
    response = system.elevenlabs.end_call(body)
    assert response.status == 200
    assert response.json["data"]["memory_extraction_queued"] is is_queued
    assert system.object(key) == body


def test_audio_is_decoded(system):
    body = payload("audio")
    assert system.elevenlabs.end_call(body).status == 200
    audio = base64.b64decode(json.loads(body)["data"]["full_audio"])
    assert system.object(payload_key(FIRST, "audio.mp3")) == audio


def test_an_event_of_an_unknown_type_is_stored(system):
    body = b'{"type":"post_call_hologram","event_timestamp":"1","data":{"conversation_id":"conv_5599later"}}'
    assert system.elevenlabs.end_call(body).status == 200
    assert system.object(payload_key("conv_5599later", "post_call_hologram.json")) == body


def test_a_signature_over_another_body_is_refused(system):
    other = signature(payload("first-call"), HMAC_KEY)
    assert system.elevenlabs.end_call(payload("second-call"), elevenlabs_signature=other).status == 401
    assert system.object(payload_key(SECOND, "transcription.json")) is None


def test_a_base64_body_from_api_gateway_is_decoded(system):
    body = '{"type":"post_call_öffnung","data":{"conversation_id":"conv_5598base64"}}\r\n'.encode()
    event = {
        "version": "2.0", "routeKey": "POST /webhook/post-call", "rawPath": "/webhook/post-call", "rawQueryString": "",
        "headers": {"elevenlabs-signature": signature(body, HMAC_KEY), "content-type": "application/json"},
        "requestContext": {
            "accountId": "1", "apiId": "api", "domainName": "api.test", "domainPrefix": "api", "requestId": "1",
            "routeKey": "POST /webhook/post-call", "stage": "$default", "time": "", "timeEpoch": 0,
            "http": {"method": "POST", "path": "/webhook/post-call", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                     "userAgent": "suite"},
        },
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }  # fmt: skip
    client = system.emulator.client("lambda")
    name = system.stack.function("post-call")["FunctionName"]
    invoked = client.invoke(FunctionName=name, Qualifier="live", Payload=json.dumps(event))
    assert json.load(invoked["Payload"])["statusCode"] == 200
    listing = system.emulator.client("s3").list_objects_v2(
        Bucket=system.stack.outputs["PayloadBucket"], Prefix="payloads/unrecognised/"
    )
    bodies = [system.object(one["Key"]) for one in listing["Contents"]]
    assert body in bodies


def test_a_call_delivered_three_times_is_remembered_once(system):
    before = system.openmemory.memories(NURSERY, TOMAS)
    record = system.object(f"extractions/{FIRST}.json")
    for _ in range(3):
        assert system.elevenlabs.end_call(payload("first-call")).status == 200
    job = {"conversation_id": FIRST, "payload": payload_key(FIRST, "transcription.json")}
    send(system, json.dumps(job), group="again")
    until(lambda: waiting(system) == 0, 180, "the queue is empty")
    after = system.openmemory.memories(NURSERY, TOMAS)
    assert after == before
    assert system.object(f"extractions/{FIRST}.json") == record


def test_a_remembered_call_redelivered_with_a_retention_of_zero_is_erased(system):
    caller, conversation = "+12025550171", "conv_5595regretted"
    body = payload("first-call").replace(FIRST.encode(), conversation.encode()).replace(TOMAS.encode(), caller.encode())
    assert system.elevenlabs.end_call(body).status == 200
    until(lambda: system.is_done(conversation), 180, "it is remembered")
    assert system.openmemory.memories(NURSERY, caller)
    regretted = json.loads(body)
    # A retention of zero: the deletion time is the start of the call.
    start = regretted["data"]["metadata"]["start_time_unix_secs"]
    regretted["data"]["metadata"]["deletion_settings"]["deletion_time_unix_secs"] = start
    assert system.elevenlabs.end_call(json.dumps(regretted).encode()).status == 200
    until(lambda: system.openmemory.memories(NURSERY, caller) == [], 180, "its memories are gone")
    tombstone = [f"erased/{conversation}"]
    until(lambda: keys_of_all_versions(system, conversation) == tombstone, 180, "only the tombstone of the call is left")


def test_a_caller_who_opted_out_leaves_only_tombstones(system):
    caller, conversation = "+12025550167", "conv_5599optout1call"
    response = system.elevenlabs.opt_out(caller, NURSERY, conversation)
    assert (response.status, response.json["status"]) == (200, "done"), response.body
    # One for each spelling of the number.
    pseudonyms = [key.removeprefix("erased/caller-") for key in keys_of_all_versions(system, "erased/caller-")]
    assert pseudonyms
    body = json.loads(payload("first-call"))
    body["data"]["conversation_id"] = conversation
    before = waiting(system)
    text = json.dumps(body).replace(TOMAS, caller)
    assert caller in text
    response = system.elevenlabs.end_call(text.encode())
    assert response.status == 200 and response.json["data"]["memory_extraction_queued"] is False, response.body
    assert keys_of_all_versions(system, conversation) == [f"erased/{conversation}"]
    for pseudonym in pseudonyms:
        assert keys_of_all_versions(system, pseudonym) == [f"erased/caller-{pseudonym}"]
    assert waiting(system) <= before
    assert system.openmemory.memories(NURSERY, caller) == []


# --- Failures -------------------------------------------------------------------------------------


def test_an_invalid_message_is_given_up_while_others_are_processed(system):
    neighbour = payload("first-call").replace(FIRST.encode(), b"conv_5597neighbour")
    bucket, key = system.stack.outputs["PayloadBucket"], payload_key("conv_5597neighbour", "transcription.json")
    system.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=neighbour)
    send(system, "not a job", group="poisoned")
    send(system, json.dumps({"conversation_id": "conv_5596gone", "payload": payload_key("conv_5596gone", "transcription.json")}),
         group="gone")  # fmt: skip
    send(system, json.dumps({"conversation_id": "conv_5597neighbour", "payload": key}), group="healthy")
    until(lambda: system.is_done("conv_5597neighbour"), 180, "the valid job is done")
    until(lambda: len(system.dead_letters()) == 2, 300, "invalid jobs are given up on the third receive", every=1)
    bodies = [letter["Body"] for letter in system.dead_letters()]
    assert "not a job" in bodies
    # A job leaves its queue after it has become a dead letter.
    until(lambda: waiting(system) == 0, 180, "the queue is empty")


def test_during_an_outage_of_the_store_calls_start_and_none_is_lost(system):
    dead = len(system.dead_letters())
    system.openmemory.stop()
    started = time.monotonic()
    response = system.elevenlabs.start_call(TOMAS, NURSERY)
    assert response.status == 200 and set(response.json["dynamic_variables"]) == VARIABLES
    assert time.monotonic() - started < 20, "a call must not wait for the store"
    found = system.elevenlabs.search("order number", TOMAS, NURSERY)
    assert found.status == 200
    assert found.json["memory_available"] is False and found.json["results"] == []
    assert system.elevenlabs.end_call(payload("second-call")).status == 200
    until(lambda: logged(system, "extraction", "extraction postponed"), 180, "the job is postponed")
    until(lambda: request("GET", system.stack.url("/health")).status == 503, 180, "health reports the outage", every=2)
    assert len(system.dead_letters()) == dead
    system.openmemory.start()
    # Each failure during the outage doubled the pause before the next attempt: 30 s, 60 s, 120 s.
    until(lambda: system.is_done(SECOND), 600, "the call is extracted when the store is back", every=1)
    assert len(system.dead_letters()) == dead
    until(lambda: request("GET", system.stack.url("/health")).status == 200, 180, "health recovers", every=2)


def test_keys_and_settings_change_without_a_deployment(system):
    changed = elaaoms(system, "settings", "DEFAULT_GREETING=Guten Tag; wer spricht?")
    assert changed.code == 0, changed.stderr
    old = system.elevenlabs.webhook_key
    system.set_secrets(WEBHOOK_API_KEY=f"fresh, {old}")
    opens = lambda key: system.elevenlabs.start_call(STRANGER, NURSERY, x_api_key=key).status == 200
    until(lambda: opens("fresh"), ROTATION, "the new key is accepted", every=2)
    assert opens(old), "both keys must be accepted during the rotation"
    # An agent without a first message of its own.
    greeting = lambda: system.elevenlabs.start_call(STRANGER, "agent_new").json["dynamic_variables"]["greeting"]
    until(lambda: greeting() == "Guten Tag; wer spricht?", ROTATION, "the new greeting is used", every=2)
    refused = elaaoms(system, "settings", "LLM_VERIFY=perhaps")
    assert refused.code == 3 and "LLM_VERIFY" in refused.stderr
    assert elaaoms(system, "settings", "DEFAULT_GREETING=").code == 0
    system.set_secrets(WEBHOOK_API_KEY="fresh")
    assert opens("fresh")
    system.elevenlabs.webhook_key = "fresh"


# --- Observability --------------------------------------------------------------------------------


def test_the_metrics_match_the_requests_and_jobs(system):
    for webhook, count in system.elevenlabs.request_counts.items():
        invocations = sum(system.metrics(webhook, "HttpRequests"))
        direct = 1 if webhook == "post-call" else 0  # The base64 event was invoked directly.
        assert invocations == count + direct, webhook
        assert len(system.metrics(webhook, "HttpRequestDuration")) == invocations
        assert sum(system.metrics(webhook, "ColdStart")) >= 1
        assert all(0 < percent < 80 for percent in system.metrics(webhook, "MemoryUsed")), webhook
    # Refused: requests before the secrets were set or read, and the forged signature.
    assert sum(system.metrics("post-call", "WebhookValidationErrors")) == sum(system.metrics("post-call", "Http4xx"))
    assert sum(system.metrics("client-data", "WebhookValidationErrors")) >= 2
    stored = sum(system.metrics("extraction", "MemoriesStored"))
    reinforced = sum(system.metrics("extraction", "MemoriesReinforced"))
    assert stored >= len(system.openmemory.memories(NURSERY, TOMAS)) > 0
    assert sum(system.metrics("extraction", "MemoriesExtracted")) == stored + reinforced
    jobs, failed = sum(system.metrics("extraction", "BackgroundJobs")), sum(system.metrics("extraction", "BackgroundJobsFailed"))
    assert jobs == len(system.metrics("extraction", "BackgroundJobDuration"))
    assert 0 < failed < jobs, "failures: the missing payload and the outage"
    assert sum(system.metrics("extraction", "MemoryExtractionErrors")) == 3, "three attempts at the missing payload"
    assert sum(system.metrics("search-memory", "OpenMemoryApiErrors")) > 0
    assert sum(system.metrics("search-memory", "OpenMemoryApiCalls")) > 0


def test_the_health_function_understands_the_event_of_its_schedule(system):
    client = system.emulator.client("events")
    rules = [rule for rule in client.list_rules()["Rules"] if rule.get("ScheduleExpression") == "rate(5 minutes)"]
    (target,) = client.list_targets_by_rule(Rule=rules[0]["Name"])["Targets"]
    name = system.stack.function("health")["FunctionName"]
    invoked = system.emulator.client("lambda").invoke(FunctionName=name, Qualifier="live", Payload=target["Input"])
    assert json.load(invoked["Payload"])["statusCode"] == 200


def test_essential_metrics_have_only_the_dimension_stack(system):
    sent = set()
    for function in ("client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health"):
        for line in system.log(function):
            if "_aws" in line:
                (directive,) = line["_aws"]["CloudWatchMetrics"]
                assert directive["Namespace"] == "ELAAOMS"
                assert directive["Dimensions"] == [["Stack"]]
                assert (line["Stack"], line["Function"]) == ("elaaoms-dev", function)
                sent |= {metric["Name"] for metric in directive["Metrics"]}
    assert {"HealthDown", "WebhookValidationErrors", "DegradedAnswers", "MemoriesStored", "MemoryExtractionErrors"} <= sent
    assert len(sent) <= 10, sent


def test_no_log_names_a_caller_a_memory_or_a_secret(system):
    secrets = [value for value in system.secrets().values() if value]
    private = ["2025550123", "5551234567", "GF-4410", "Tomas", "quince", *secrets]
    for function in ("client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health"):
        text = json.dumps(system.log(function), ensure_ascii=False)
        assert len(text) > 100, function
        assert not [word for word in private if word in text], function


def test_the_functions_use_exactly_what_their_roles_allow(system):
    used = {}
    for call in system.emulator.proxy.calls:
        function = system.function_of(call.key)
        if function:
            assert call.status != 403, (function, call)
            used.setdefault(function, set()).add(call.action)
    secret = {"secretsmanager:GetSecretValue"}
    erasing = {"s3:ListBucketVersions", "s3:DeleteObjectVersion"}
    assert used == {
        "client-data": secret,
        "search-memory": secret,
        "do-not-remember": secret | {"s3:PutObject", "s3:GetObject"},
        "health": secret,
        "post-call": secret | erasing | {"s3:PutObject", "s3:GetObject", "sqs:SendMessage"},
        "extraction": secret
        | erasing
        | {"s3:PutObject", "s3:GetObject", "sqs:ChangeMessageVisibility", "sqs:SendMessage"},
    }


def test_the_emulator_enforces_roles(system):
    """Without this, the test above would prove nothing."""
    client = system.emulator.client("iam")
    role = system.stack.function("client-data")["Role"]
    bucket = system.stack.outputs["PayloadBucket"]
    decided = client.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["s3:GetObject"], ResourceArns=[f"arn:aws:s3:::{bucket}/payloads/a"]
    )
    assert decided["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


# --- The next version -----------------------------------------------------------------------------


def test_an_update_in_place_applies_new_parameters_and_keeps_data(system):
    outputs = dict(system.stack.outputs)
    secrets, memories = system.secrets(), system.openmemory.memories(NURSERY, TOMAS)
    version = system.stack.function("client-data")["Version"]
    greeting = "Good day, Greenfold Nursery."
    system.stack.deploy(Settings=f"{PATIENT};DEFAULT_GREETING={greeting};TRUST_USER_ID=true")
    assert system.stack.outputs == outputs
    assert system.secrets() == secrets, "an update must keep the secrets that operators set"
    assert system.openmemory.memories(NURSERY, TOMAS) == memories
    assert system.object(payload_key(FIRST, "transcription.json")) == payload("first-call")
    assert int(system.stack.function("client-data")["Version"]) > int(version)
    response = until(lambda: ok(system.elevenlabs.start_call(STRANGER, NURSERY)), 180, "the new version answers")
    assert response.json["dynamic_variables"]["greeting"] == greeting

    def check():
        response = system.elevenlabs.start_call(TOMAS, NURSERY)
        assert response.status == 200, response.body
        assert response.json["dynamic_variables"]["caller_known"] == "true"

    until_passes(check)
    assert system.elevenlabs.end_call(payload("first-call")).status == 200


@pytest.fixture
def provider(system):
    """Deploys with a model provider, and without it again for the tests that follow."""
    with Provider() as provider:
        model = {"LlmProvider": "openai", "LlmModel": "stand-in", "Monitoring": "full"}
        system.stack.deploy(Settings=f"{PATIENT};LLM_API_URL={provider.url};TRUST_USER_ID=true", **model)
        yield provider
        system.stack.deploy(Settings=f"{PATIENT};TRUST_USER_ID=true")


def test_with_a_provider_extraction_gets_its_key_and_full_monitoring_covers_each_function(system, provider):
    secret = system.stack.outputs["ProviderSecretsArn"]
    key = json.dumps({"LLM_API_KEY": "provider-key", "ELEVENLABS_API_KEY": ""})
    system.emulator.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=key)
    body = json.loads(payload("first-call"))
    body["data"]["conversation_id"] = "conv_with_a_provider"
    assert system.elevenlabs.end_call(json.dumps(body).encode()).status == 200
    until(lambda: "Bearer provider-key" in provider.keys, 300, "the provider receives its key")
    until(lambda: system.is_done("conv_with_a_provider"), 300, "the call is extracted despite the refused key")
    metadata = [line["_aws"]["CloudWatchMetrics"][0] for line in system.log("extraction") if "_aws" in line]
    full = [one for one in metadata if one["Dimensions"] == [["Stack"], ["Stack", "Function"]]]
    assert "BackgroundJobs" in {metric["Name"] for one in full for metric in one["Metrics"]}
    for name in ("client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health"):
        decided = system.emulator.client("iam").simulate_principal_policy(
            PolicySourceArn=system.stack.function(name)["Role"],
            ActionNames=["secretsmanager:GetSecretValue"],
            ResourceArns=[secret],
        )
        allowed = decided["EvaluationResults"][0]["EvalDecision"] == "allowed"
        assert allowed == (name in {"extraction", "health"}), name


# --- Helpers --------------------------------------------------------------------------------------


def ok(response):
    return response if response.status == 200 else None


def send(system, body: str, group: str):
    """Sends a message to the queue with the operator's credentials."""
    url = system.stack.outputs["ExtractionQueueUrl"]
    system.emulator.client("sqs").send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=uuid.uuid4().hex
    )


def keys_of_all_versions(system, name: str) -> list[str]:
    """Returns the keys that contain `name`, of all versions of all objects and of delete markers."""
    client = system.emulator.client("s3")
    listed = client.list_object_versions(Bucket=system.stack.outputs["PayloadBucket"])
    versions = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
    return [one["Key"] for one in versions if name in one["Key"]]


def waiting(system) -> int:
    url = system.stack.outputs["ExtractionQueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = system.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def logged(system, function: str, message: str) -> bool:
    return any(line.get("message") == message for line in system.log(function))
