"""The system as deployed, asked from outside. Each test goes on where the one before it stopped, as a deployment does."""

import base64
import json
import time
import uuid

import pytest

from support.elevenlabs import payload, request, signature
from support.provider import Provider
from support.waiting import until

NURSERY, TOMAS = "agent_4401greenfold7nursery2a", "+12025550123"
FIRST, SECOND = "conv_5501tomas1first", "conv_5501tomas2second"
PLAIN, PLAIN_AGENT, PLAIN_CALLER = "conv_5505plain1guide", "agent_plain", "+15551234567"
STRANGER = "+12025550111"
HMAC_KEY = "wsec_of_the_suite"
VARIABLES = {
    "greeting", "caller_known", "caller_name", "memory_context", "last_call_summary", "last_call_at", "open_issues",
}  # fmt: skip
# The least time between two readings of the secrets, and a little.
ROTATION = 75


def kept_as(conversation: str, ending: str) -> str:
    return f"payloads/{conversation}/{conversation}_{ending}"


# --- The first deployment, without the value of any secret ------------------------------------------------------------


def test_after_the_first_deployment_health_names_what_is_missing(system):
    answer = request("GET", system.stack.url("/health"))
    assert answer.status == 503
    assert answer.json["checks"]["openmemory"] == "healthy"
    assert answer.json["checks"]["settings"] == "unhealthy"
    reasons = " ".join(answer.json["reasons"])
    assert "ELEVENLABS_POST_CALL_HMAC_KEY" in reasons
    assert "WEBHOOK_API_KEY" not in reasons and "CALLER_ID_PEPPER" not in reasons, "the template generates them"


def test_before_anybody_set_a_secret_the_doors_are_closed(system):
    assert system.elevenlabs.call_is_over(payload("first-call"), elevenlabs_signature=signature(b"", "")).status == 401
    assert system.elevenlabs.call_begins(TOMAS, NURSERY, x_api_key="").status == 401
    assert system.elevenlabs.call_begins(TOMAS, NURSERY, x_api_key="guessed").status == 401


def test_the_template_generates_a_key_for_webhooks_and_one_for_pseudonyms(system):
    secrets = system.secrets()
    assert len(secrets["WEBHOOK_API_KEY"]) == 48
    assert len(secrets["CALLER_ID_PEPPER"]) == 64
    system.elevenlabs.webhook_key = secrets["WEBHOOK_API_KEY"]


def test_a_secret_set_later_opens_the_doors_without_a_deployment(system):
    system.set_secrets(ELEVENLABS_POST_CALL_HMAC_KEY=HMAC_KEY)
    system.elevenlabs.hmac_key = HMAC_KEY
    unreadable = b'{"type":"post_call_transcription","data":{}}'
    until(lambda: system.elevenlabs.call_is_over(unreadable).status == 200, ROTATION, "post-call opens", every=2)
    health = lambda: request("GET", system.stack.url("/health"))
    until(lambda: health().status == 200, ROTATION + 30, "health sees it", every=3)


# --- Calls --------------------------------------------------------------------------------------------------------------


def test_a_stranger_is_greeted_with_defaults_for_every_variable(system):
    answer = system.elevenlabs.call_begins(STRANGER, NURSERY)
    assert answer.status == 200
    assert answer.json["type"] == "conversation_initiation_client_data"
    variables = answer.json["dynamic_variables"]
    assert set(variables) == VARIABLES
    assert variables["caller_known"] == "false"
    assert variables["greeting"]
    assert "conversation_config_override" not in answer.json


def test_a_call_is_kept_byte_for_byte_and_its_memories_are_found(system):
    body = payload("first-call")
    answer = system.elevenlabs.call_is_over(body)
    assert answer.status == 200, answer.body
    assert answer.json["data"]["memory_extraction_queued"] is True
    assert system.kept(kept_as(FIRST, "transcription.json")) == body
    until(lambda: system.is_done(FIRST), 30, "SQS hands the call to its extraction")
    found = system.elevenlabs.agent_asks("order number", TOMAS, NURSERY).json
    assert found["memory_available"] is True
    assert any("GF-4410" in hit["memory"] for hit in found["results"]), found
    assert system.elevenlabs.agent_asks("order number", STRANGER, NURSERY).json["results"] == []


def test_the_next_time_the_caller_is_known(system):
    variables = system.elevenlabs.call_begins(TOMAS, NURSERY).json["dynamic_variables"]
    assert variables["caller_known"] == "true"
    assert variables["caller_name"] == "Tomas"


@pytest.mark.parametrize(
    ("name", "key", "is_queued"),
    [
        ("failure-sip", kept_as("conv_5510failed2sip", "failure.json"), False),
        ("failure-twilio", kept_as("conv_5509failed1twilio", "failure.json"), False),
        ("web-no-caller", kept_as("conv_5503web1nobody", "transcription.json"), False),
        ("withheld", kept_as("conv_5508withheld1", "transcription.json"), False),
        ("spanish", kept_as("conv_5502ines1taller", "transcription.json"), True),
        ("outbound", kept_as("conv_5507outbound1", "transcription.json"), True),
        ("no-analysis", kept_as(PLAIN, "transcription.json"), True),
        ("injection", kept_as("conv_5506inject1order", "transcription.json"), True),
    ],
)
def test_every_type_of_payload_is_kept_byte_for_byte(system, name, key, is_queued):
    body = payload(name)
    answer = system.elevenlabs.call_is_over(body)
    assert answer.status == 200
    assert answer.json["data"]["memory_extraction_queued"] is is_queued
    assert system.kept(key) == body


def test_audio_is_decoded(system):
    body = payload("audio")
    assert system.elevenlabs.call_is_over(body).status == 200
    audio = base64.b64decode(json.loads(body)["data"]["full_audio"])
    assert system.kept(kept_as(FIRST, "audio.mp3")) == audio


def test_a_type_that_nobody_knows_yet_is_kept_too(system):
    body = b'{"type":"post_call_hologram","event_timestamp":"1","data":{"conversation_id":"conv_5599later"}}'
    assert system.elevenlabs.call_is_over(body).status == 200
    assert system.kept(kept_as("conv_5599later", "post_call_hologram.json")) == body


def test_a_signature_over_another_body_is_refused(system):
    other = signature(payload("first-call"), HMAC_KEY)
    assert system.elevenlabs.call_is_over(payload("second-call"), elevenlabs_signature=other).status == 401
    assert system.kept(kept_as(SECOND, "transcription.json")) is None


def test_a_body_that_api_gateway_delivers_in_base64_is_the_same_body(system):
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
    kept = system.emulator.client("s3").list_objects_v2(
        Bucket=system.stack.outputs["PayloadBucket"], Prefix="payloads/unrecognised/"
    )
    bodies = [system.kept(one["Key"]) for one in kept["Contents"]]
    assert body in bodies


def test_a_call_delivered_three_times_is_remembered_once(system):
    before = system.openmemory.memories(NURSERY, TOMAS)
    record = system.kept(f"extractions/{FIRST}.json")
    for _ in range(3):
        assert system.elevenlabs.call_is_over(payload("first-call")).status == 200
    job = {"conversation_id": FIRST, "payload": kept_as(FIRST, "transcription.json")}
    send(system, json.dumps(job), group="again")
    until(lambda: waiting(system) == 0, 30, "the queue is worked off")
    after = system.openmemory.memories(NURSERY, TOMAS)
    assert after == before
    assert system.kept(f"extractions/{FIRST}.json") == record


def test_a_call_that_was_remembered_is_forgotten_when_it_comes_again_with_a_retention_of_zero(system):
    caller, conversation = "+12025550171", "conv_5595regretted"
    body = payload("first-call").replace(FIRST.encode(), conversation.encode()).replace(TOMAS.encode(), caller.encode())
    assert system.elevenlabs.call_is_over(body).status == 200
    until(lambda: system.is_done(conversation), 30, "it is remembered")
    assert system.openmemory.memories(NURSERY, caller)
    regretted = json.loads(body)
    # A retention of zero: it is deleted where it begins.
    start = regretted["data"]["metadata"]["start_time_unix_secs"]
    regretted["data"]["metadata"]["deletion_settings"]["deletion_time_unix_secs"] = start
    assert system.elevenlabs.call_is_over(json.dumps(regretted).encode()).status == 200
    until(lambda: system.openmemory.memories(NURSERY, caller) == [], 30, "its memories are gone")
    mark = [f"erased/{conversation}"]
    until(lambda: every_version(system, conversation) == mark, 30, "and the call, but for its mark")


# --- What goes wrong ----------------------------------------------------------------------------------------------------


def test_a_poison_message_is_given_up_while_its_neighbours_are_done(system):
    neighbour = payload("first-call").replace(FIRST.encode(), b"conv_5597neighbour")
    bucket, key = system.stack.outputs["PayloadBucket"], kept_as("conv_5597neighbour", "transcription.json")
    system.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=neighbour)
    send(system, "this is no job", group="poisoned")
    send(system, json.dumps({"conversation_id": "conv_5596gone", "payload": kept_as("conv_5596gone", "transcription.json")}),
         group="gone")  # fmt: skip
    send(system, json.dumps({"conversation_id": "conv_5597neighbour", "payload": key}), group="healthy")
    until(lambda: system.is_done("conv_5597neighbour"), 20, "the neighbour is done")
    until(lambda: len(system.dead_letters()) == 2, 60, "poison is given up on its third receive", every=1)
    bodies = [letter["Body"] for letter in system.dead_letters()]
    assert "this is no job" in bodies
    assert waiting(system) == 0


def test_while_the_memory_store_is_away_calls_start_and_nothing_is_lost(system):
    dead = len(system.dead_letters())
    system.openmemory.stop()
    started = time.monotonic()
    answer = system.elevenlabs.call_begins(TOMAS, NURSERY)
    assert answer.status == 200 and set(answer.json["dynamic_variables"]) == VARIABLES
    assert time.monotonic() - started < 3
    found = system.elevenlabs.agent_asks("order number", TOMAS, NURSERY)
    assert found.status == 200
    assert found.json["memory_available"] is False and found.json["results"] == []
    assert system.elevenlabs.call_is_over(payload("second-call")).status == 200
    until(lambda: logged(system, "extraction", "extraction postponed"), 20, "the outage is noticed")
    until(lambda: request("GET", system.stack.url("/health")).status == 503, 45, "health notices", every=2)
    assert len(system.dead_letters()) == dead
    system.openmemory.start()
    until(lambda: system.is_done(SECOND), 90, "the call is worked on when the store is back", every=1)
    assert len(system.dead_letters()) == dead
    until(lambda: request("GET", system.stack.url("/health")).status == 200, 45, "health recovers", every=2)


def test_a_key_is_rotated_without_a_deployment(system):
    old = system.elevenlabs.webhook_key
    system.set_secrets(WEBHOOK_API_KEY=f"fresh, {old}")
    opens = lambda key: system.elevenlabs.call_begins(STRANGER, NURSERY, x_api_key=key).status == 200
    until(lambda: opens("fresh"), ROTATION, "the new key opens", every=2)
    assert opens(old), "both count while it is rotated"
    system.set_secrets(WEBHOOK_API_KEY="fresh")
    assert opens("fresh")
    system.elevenlabs.webhook_key = "fresh"


# --- What is seen -------------------------------------------------------------------------------------------------------


def test_the_figures_in_the_logs_are_those_of_what_happened(system):
    for webhook, asked in system.elevenlabs.asked.items():
        invocations = sum(system.figures(webhook, "HttpRequests"))
        direct = 1 if webhook == "post-call" else 0  # The event in base64 came by no route.
        assert invocations == asked + direct, webhook
        assert len(system.figures(webhook, "HttpRequestDuration")) == invocations
        assert sum(system.figures(webhook, "ColdStart")) >= 1
        assert all(0 < percent < 80 for percent in system.figures(webhook, "MemoryUsed")), webhook
    # Before the secrets: one, and the forged signature; and those that came before the new secrets were read.
    assert sum(system.figures("post-call", "WebhookValidationErrors")) == sum(system.figures("post-call", "Http4xx"))
    assert sum(system.figures("client-data", "WebhookValidationErrors")) >= 2
    stored = sum(system.figures("extraction", "MemoriesStored"))
    reinforced = sum(system.figures("extraction", "MemoriesReinforced"))
    assert stored >= len(system.openmemory.memories(NURSERY, TOMAS)) > 0
    assert sum(system.figures("extraction", "MemoriesExtracted")) == stored + reinforced
    jobs, failed = sum(system.figures("extraction", "BackgroundJobs")), sum(system.figures("extraction", "BackgroundJobsFailed"))
    assert jobs == len(system.figures("extraction", "BackgroundJobDuration"))
    assert 0 < failed < jobs, "the payload that was gone and the outage"
    assert sum(system.figures("extraction", "MemoryExtractionErrors")) == 3, "three tries at the payload that was gone"
    assert sum(system.figures("search-memory", "OpenMemoryApiErrors")) > 0
    assert sum(system.figures("search-memory", "OpenMemoryApiCalls")) > 0


def test_figures_have_the_dimensions_stage_and_function_and_name_no_caller(system):
    for function in ("client-data", "search-memory", "post-call", "extraction", "health"):
        lines = [line for line in system.log(function) if "_aws" in line]
        assert lines, function
        for line in lines:
            (directive,) = line["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "ELAAOMS"
            assert directive["Dimensions"] == [["Stage"], ["Stage", "Function"]]
            assert (line["Stage"], line["Function"]) == ("dev", function)


def test_no_log_names_a_caller_a_memory_or_a_secret(system):
    secrets = [value for value in system.secrets().values() if value]
    private = ["2025550123", "5551234567", "GF-4410", "Tomas", "quince", *secrets]
    for function in ("client-data", "search-memory", "post-call", "extraction", "health"):
        text = json.dumps(system.log(function), ensure_ascii=False)
        assert len(text) > 100, function
        assert not [word for word in private if word in text], function


def test_the_functions_did_what_their_roles_allow_and_used_all_of_it(system):
    used = {}
    for call in system.emulator.front.calls:
        function = function_of(system, call.key)
        if function:
            assert call.status != 403, (function, call)
            used.setdefault(function, set()).add(call.action)
    secret = {"secretsmanager:GetSecretValue"}
    erasing = {"s3:ListBucketVersions", "s3:DeleteObjectVersion"}
    assert used == {
        "client-data": secret,
        "search-memory": secret,
        "health": secret,
        "post-call": secret | erasing | {"s3:PutObject", "s3:GetObject", "sqs:SendMessage"},
        "extraction": secret
        | erasing
        | {"s3:PutObject", "s3:GetObject", "sqs:ChangeMessageVisibility", "sqs:SendMessage"},
    }


def test_the_emulator_refuses_what_a_role_does_not_allow(system):
    """Otherwise the tests above would prove nothing."""
    client = system.emulator.client("iam")
    role = system.stack.function("client-data")["Role"]
    bucket = system.stack.outputs["PayloadBucket"]
    decided = client.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["s3:GetObject"], ResourceArns=[f"arn:aws:s3:::{bucket}/payloads/a"]
    )
    assert decided["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


# --- The next version ---------------------------------------------------------------------------------------------------


def test_an_update_in_place_changes_what_it_should_and_keeps_what_is_kept(system):
    outputs = dict(system.stack.outputs)
    secrets, memories = system.secrets(), system.openmemory.memories(NURSERY, TOMAS)
    version = system.stack.function("client-data")["Version"]
    greeting = "Good day, Greenfold Nursery."
    system.stack.deploy(OpenMemoryApiUrl=system.openmemory.url, DefaultGreeting=greeting, TrustUserId="true")
    assert system.stack.outputs == outputs
    assert system.secrets() == secrets, "what operators set stays set"
    assert system.openmemory.memories(NURSERY, TOMAS) == memories
    assert system.kept(kept_as(FIRST, "transcription.json")) == payload("first-call")
    assert int(system.stack.function("client-data")["Version"]) > int(version)
    answer = until(lambda: ok(system.elevenlabs.call_begins(STRANGER, NURSERY)), 20, "the new version answers")
    assert answer.json["dynamic_variables"]["greeting"] == greeting
    assert system.elevenlabs.call_begins(TOMAS, NURSERY).json["dynamic_variables"]["caller_known"] == "true"
    assert system.elevenlabs.call_is_over(payload("first-call")).status == 200


def test_the_providers_key_reaches_extraction_and_no_webhook(system):
    with Provider() as provider:
        model = {"LlmProvider": "openai", "LlmModel": "stand-in", "LlmApiUrl": provider.url}
        system.stack.deploy(OpenMemoryApiUrl=system.openmemory.url, TrustUserId="true", **model)
        secret = system.stack.outputs["ProviderSecretsArn"]
        key = json.dumps({"LLM_API_KEY": "of-the-provider", "ELEVENLABS_API_KEY": ""})
        system.emulator.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=key)
        body = json.loads(payload("first-call"))
        body["data"]["conversation_id"] = "conv_with_a_provider"
        assert system.elevenlabs.call_is_over(json.dumps(body).encode()).status == 200
        until(lambda: "Bearer of-the-provider" in provider.keys, 90, "the provider is asked with its key")
        until(lambda: system.is_done("conv_with_a_provider"), 60, "a refused key does not lose the call")
    reads = {"extraction", "health"}
    for name in ("client-data", "search-memory", "post-call", "extraction", "health"):
        decided = system.emulator.client("iam").simulate_principal_policy(
            PolicySourceArn=system.stack.function(name)["Role"],
            ActionNames=["secretsmanager:GetSecretValue"],
            ResourceArns=[secret],
        )
        allowed = decided["EvaluationResults"][0]["EvalDecision"] == "allowed"
        assert allowed == (name in reads), name


def test_the_schedule_asks_the_health_function_in_words_that_it_understands(system):
    client = system.emulator.client("events")
    rules = [rule for rule in client.list_rules()["Rules"] if rule.get("ScheduleExpression") == "rate(1 minute)"]
    (target,) = client.list_targets_by_rule(Rule=rules[0]["Name"])["Targets"]
    name = system.stack.function("health")["FunctionName"]
    invoked = system.emulator.client("lambda").invoke(FunctionName=name, Qualifier="live", Payload=target["Input"])
    assert json.load(invoked["Payload"])["statusCode"] == 200


# --- Helpers ------------------------------------------------------------------------------------------------------------


def ok(answer):
    return answer if answer.status == 200 else None


def send(system, body: str, group: str):
    """Puts a message into the queue as nobody but an operator could."""
    url = system.stack.outputs["ExtractionQueueUrl"]
    system.emulator.client("sqs").send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=uuid.uuid4().hex
    )


def every_version(system, name: str) -> list[str]:
    """The keys with this name in them of every version of every object, those deleted included."""
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


def function_of(system, key: str) -> str | None:
    """Whose key this is. The emulator derives the key of a function's session from its ARN and its role."""
    import hashlib

    for name in ("client-data", "search-memory", "post-call", "extraction", "health"):
        function = system.stack.function(name)
        arn = function["FunctionArn"].split(f"{function['FunctionName']}:")[0] + function["FunctionName"]
        for candidate in (arn, *(f"{arn}:{version}" for version in range(1, 9)), f"{arn}:live", f"{arn}:$LATEST"):
            digest = hashlib.sha256(f"{candidate}:{function['Role']}".encode()).hexdigest()
            if key == f"ASIA{digest[:16].upper()}":
                return name
    return None
