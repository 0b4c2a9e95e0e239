"""Checks the template against the code and for consistency."""

import json
import re
import subprocess
import tomllib
import zipfile
from io import BytesIO

import pytest

from support.paths import BUILT, ROOT, SAMCONFIG, TEMPLATE
from support.template import Template

FUNCTIONS = {
    "ClientData": "client-data",
    "SearchMemory": "search-memory",
    "DoNotRemember": "do-not-remember",
    "PostCall": "post-call",
    "Extraction": "extraction",
    "Health": "health",
}
MIB = 1024 * 1024
# Extraction includes the time zone database, which turns "tomorrow at five" into a date.
LARGEST_ZIP = dict.fromkeys(FUNCTIONS, 4 * MIB) | {"Extraction": 4.5 * MIB}

# The IAM actions that each AWS call in the code needs.
ACTIONS_OF_CALLS = {
    "put_object": {"s3:PutObject"},
    # Without ListBucket, S3 answers 403 instead of 404 for an object that does not exist.
    "get_object": {"s3:GetObject", "s3:ListBucket"},
    "head_object": {"s3:GetObject", "s3:ListBucket"},
    "list_object_versions": {"s3:ListBucketVersions"},
    "put_object_tagging": {"s3:PutObjectTagging"},
    "delete_objects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "send_message": {"sqs:SendMessage"},
    "change_message_visibility": {"sqs:ChangeMessageVisibility"},
    "secretsmanager.GetSecretValue": {"secretsmanager:GetSecretValue"},
}
# The keys that each function may write, read and erase in the bucket. The audit trail is not among
# them.
BUCKET_ACCESS = {
    "DoNotRemember": {
        "s3:PutObject": {"erased/caller-*"},
        "s3:GetObject": {"erased/caller-*"},
        "s3:ListBucket": {""},
    },
    "PostCall": {
        "s3:PutObject": {"payloads/*", "callers/*", "erased/*", "extractions/*.deadline"},
        "s3:PutObjectTagging": {"payloads/*"},
        "s3:GetObject": {
            "payloads/*_transcription.json",
            "extractions/*.done",
            "erased/*",
            "extractions/*.erased",
            "extractions/*.deadline",
        },
        "s3:DeleteObject": {"payloads/*", "callers/*", "extractions/*"},
        "s3:DeleteObjectVersion": {"payloads/*", "callers/*", "extractions/*"},
        "s3:ListBucket": {""},
        "s3:ListBucketVersions": {""},
    },
    "Extraction": {
        "s3:PutObject": {"extractions/*"},
        "s3:PutObjectTagging": {"payloads/*", "extractions/*"},
        "s3:GetObject": {"payloads/*", "extractions/*", "erased/*"},
        "s3:DeleteObject": {"payloads/*", "extractions/*"},
        "s3:DeleteObjectVersion": {"payloads/*", "extractions/*"},
        "s3:ListBucket": {""},
        "s3:ListBucketVersions": {""},
    },
}
# The actions that Lambda itself takes with a function's role.
LOGS_AND_TRACES = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.read(TEMPLATE)


def option(name: str) -> dict:
    return {"Fn::FindInMap": ["Options", name, {"Ref": "Stage"}]}


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def statements(template: Template, role: str) -> list[dict]:
    """Returns all statements of a function's role."""
    properties = template.resources[role]["Properties"]
    managed = [one["Ref"] for one in properties["ManagedPolicyArns"] if "Ref" in one]
    documents = [template.resources[name]["Properties"]["PolicyDocument"] for name in managed]
    basics = [statement for document in documents for statement in document["Statement"]]
    own = [statement for policy in properties["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    return basics + own


def actions(template: Template, role: str) -> set[str]:
    return {action for statement in statements(template, role) for action in as_list(statement["Action"])}


def included(features: dict[str, list[str]], name: str) -> set[str]:
    """Returns a feature of a crate and all features that it includes."""
    return {name}.union(*(included(features, one) for one in features.get(name, [])))


def calls(function: str) -> set[str]:
    """Returns the AWS calls in the modules that a function's features include."""
    manifest = tomllib.loads((ROOT / "functions" / function / "Cargo.toml").read_text())
    features = included(manifest["features"], "lambda")
    modules = ["secrets/manager/request.rs"]
    modules += ["archive/s3.rs"] if "common/s3" in features else []
    modules += ["queue/sqs.rs"] if "common/sqs" in features else []
    source = "".join((ROOT / "common/src" / module).read_text() for module in modules)
    if function == "post-call":
        source = source.replace("change_message_visibility", "")  # Only a receiver changes the visibility.
    found = {call for call in ACTIONS_OF_CALLS if call in source}
    if function == "do-not-remember":
        # It reads and writes tombstones, and does nothing else with the archive.
        found -= {"list_object_versions", "put_object_tagging", "delete_objects"}
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_allows_exactly_the_calls_in_its_functions_code(template, name):
    needed = LOGS_AND_TRACES | (POLLING if name == "Extraction" else set())
    for call in calls(FUNCTIONS[name]):
        needed |= ACTIONS_OF_CALLS[call]
    assert actions(template, f"{name}Role") == needed
    assert template.resources[name]["Properties"]["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


@pytest.mark.parametrize("name", BUCKET_ACCESS)
def test_a_role_reaches_only_the_bucket_keys_that_its_function_uses(template, name):
    reach: dict[str, set[str]] = {}
    for statement in statements(template, f"{name}Role"):
        for action in as_list(statement["Action"]):
            if action.startswith("s3:"):
                reach.setdefault(action, set()).update(key_pattern(one) for one in as_list(statement["Resource"]))
    assert reach == BUCKET_ACCESS[name]


def key_pattern(resource: dict) -> str:
    """Returns the key pattern of an ARN in the payload bucket, or an empty text for the bucket
    itself."""
    if resource == {"Fn::GetAtt": ["Payloads", "Arn"]}:
        return ""
    return resource["Fn::Sub"].removeprefix("${Payloads.Arn}/")


def test_no_policy_has_a_wildcard_action_and_only_tracing_a_wildcard_resource(template):
    for name in FUNCTIONS:
        for statement in statements(template, f"{name}Role"):
            assert not any("*" in action for action in as_list(statement["Action"])), statement
            if "*" in as_list(statement["Resource"]):
                assert statement["Sid"] == "Trace", statement
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for properties in template.of_type(kind).values():
            for statement in properties["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Deny" or "*" not in str(statement["Action"]), statement


def test_bedrock_is_allowed_only_for_the_configured_models(template):
    conditional = {name for name, one in template.resources.items() if one.get("Condition") == "InvokesBedrock"}
    policies = {name: one for name, one in template.of_type("AWS::IAM::Policy").items() if name in conditional}
    expected = {
        "InvokeBedrock": ("ExtractionRole", ["bedrock:InvokeModel"]),
        "DescribeBedrock": ("HealthRole", ["bedrock:GetFoundationModel", "bedrock:GetInferenceProfile"]),
    }
    assert set(policies) == set(expected)
    for name, (role, allowed) in expected.items():
        assert template.resources[name]["Condition"] == "InvokesBedrock"
        assert policies[name]["Roles"] == [{"Ref": role}]
        (statement,) = policies[name]["PolicyDocument"]["Statement"]
        assert (as_list(statement["Action"]), statement["Resource"]) == (allowed, {"Ref": "LlmModelArns"})


def test_only_extraction_sends_events_and_only_to_the_configured_bus(template):
    policy = template.resources["SendEvents"]
    assert policy["Condition"] == "SendsToBus"
    assert policy["Properties"]["Roles"] == [{"Ref": "ExtractionRole"}]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", option("EventBusArn"))
    assert set(template.document["Mappings"]["Options"]["EventBusArn"].values()) == {""}
    readers = [name for name in FUNCTIONS if "EVENTS_BUS" in str(template.resources[name]["Properties"].get("Environment"))]
    assert readers == ["Extraction"]
    assert template.document["Outputs"]["EventsBus"]["Condition"] == "SendsToBus"


def test_only_openmemory_embeds_and_only_with_the_configured_models(template):
    policy = template.resources["EmbedWithBedrock"]
    assert policy["Condition"] == "EmbedsWithBedrock"
    assert policy["Properties"]["Roles"] == [{"Ref": "OpenMemoryRole"}]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "bedrock:InvokeModel"
    condition, named, default = statement["Resource"]["Fn::If"]
    assert condition == "NamesEmbeddingModels"
    assert named == {"Fn::Split": [",", {"Fn::FindInMap": ["Options", "EmbeddingModelArns", {"Ref": "Stage"}]}]}
    assert default["Fn::Sub"].endswith(":foundation-model/cohere.embed-multilingual-v3")


def test_the_table_is_restorable_expires_items_and_is_reached_by_openmemory_alone(template):
    table = template.resources["Memories"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    for name, policy in template.of_type("AWS::IAM::Policy").items():
        statements = policy["PolicyDocument"]["Statement"]
        reaching = [one for one in statements if "dynamodb:" in str(one["Action"])]
        if reaching:
            assert (name, policy["Roles"]) == ("UseTable", [{"Ref": "OpenMemoryRole"}])
            assert [one["Resource"] for one in reaching] == [{"Fn::GetAtt": ["Memories", "Arn"]}]
    for name in [*FUNCTIONS, "OpenMemory"]:
        assert "dynamodb" not in str(template.resources[f"{name}Role"]), name


def test_an_update_never_replaces_a_named_server_by_an_empty_table(template):
    """A stack that keeps `OpenMemoryApiUrl` from before is rejected until `Store` is `url`."""
    (assertion,) = template.document["Rules"]["NamedServerIsUsed"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "Store"}, "url"]}


def test_every_setting_reaches_the_functions(template):
    # machine.rs holds settings for one machine only: ports, proxies, limits.
    elsewhere_read = ("tests.rs", "machine.rs")
    files = [file for file in (ROOT / "common/src/settings").glob("*.rs") if file.name not in elsewhere_read]
    source = "".join(file.read_text() for file in files)
    read = set(re.findall(r'(?:reader|self)\s*\.\w+\(\s*"([A-Z][A-Z_]+)"', source))
    variables = set(template.document["Globals"]["Function"]["Environment"]["Variables"])
    for name in FUNCTIONS:
        own = template.resources[name]["Properties"].get("Environment", {}).get("Variables", {})
        variables |= set(own)
    entries = entry_names()
    assert not entries & variables, "an entry of SETTINGS would have no effect"
    # On Lambda the first is a property of the event source, and Lambda sets the region.
    elsewhere = {"EXTRACTION_CONCURRENCY", "AWS_REGION", "AWS_DEFAULT_REGION"}
    assert read - elsewhere <= variables | entries, read - variables - entries
    assert len(read) > 20, "too few settings found"


def entry_names() -> set[str]:
    source = (ROOT / "common/src/settings/entries.rs").read_text()
    return set(re.findall(r'^    "([A-Z_]+)",$', source, re.MULTILINE))


def test_settings_and_the_other_variables_fit_into_a_functions_environment(template):
    """Lambda allows 4 KB for all names and values."""
    longest = {"SETTINGS": template.document["Parameters"]["Settings"]["MaxLength"], "SECRETS_ARN": 300, "LLM_MODEL": 150}
    shared = template.document["Globals"]["Function"]["Environment"]["Variables"]
    for name in [*FUNCTIONS, "OpenMemory"]:
        own = template.resources[name]["Properties"].get("Environment", {}).get("Variables", {})
        # An ARN or URL has about 120 bytes.
        size = sum(len(variable) + longest.get(variable, 120 if "_" in variable else 20) for variable in shared | own)
        assert size < 4096, (name, size)


@pytest.mark.parametrize(
    ("settings", "is_accepted"),
    [
        ("", True),
        ("LLM_VERIFY=true", True),
        ("LLM_PRICES=m=1/2/0.1,n=3/4/0; LLM_API_URL=https://a.example/?b=c;", True),
        ("\nDEFAULT_GREETING=Hello; how are you?\nLLM_VERIFY=true\n", True),
        ("LLM_VERIFY", False),
        ("LLM_VERIFY=true;true", False),
        ("llm_verify=true", False),
    ],
)
def test_settings_of_another_form_are_rejected_at_deployment(template, settings, is_accepted):
    pattern = template.document["Parameters"]["Settings"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, settings)) == is_accepted


def test_there_are_at_most_fifteen_parameters(template):
    assert len(template.document["Parameters"]) <= 15


def options(template: Template, stage: str) -> dict[str, str]:
    return {name: stages[stage] for name, stages in template.document["Mappings"]["Options"].items()}


def test_every_option_is_used_documented_and_has_a_value_for_each_stage(template):
    written = TEMPLATE.read_text()
    guide = (ROOT / "docs/deploying.md").read_text()
    for name, stages in template.document["Mappings"]["Options"].items():
        assert set(stages) == {"dev", "staging", "prod"}, name
        assert all(isinstance(value, str) for value in stages.values()), "CloudFormation accepts only texts"
        assert f"!FindInMap [Options, {name}, !Ref Stage]" in written, name
        assert f"`{name}`" in guide, name


def test_every_parameter_is_used_described_and_in_a_group(template):
    written = TEMPLATE.read_text().split("\nRules:")[1]
    groups = template.document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    parameters = template.document["Parameters"]
    assert sorted(grouped) == sorted(parameters)
    for name, parameter in parameters.items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        assert re.search(rf"(!Ref |\$\{{){name}\b", written), name


def test_no_default_holds_a_secret(template):
    for name, parameter in template.document["Parameters"].items():
        assert not re.search(r"(?i)(sk-|wsec_|secret=)", str(parameter.get("Default", ""))), name
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    assert not {name for name in variables if name.endswith(("_KEY", "_PEPPER", "_PASSWORD"))}


def test_stored_data_is_versioned_encrypted_private_and_expires(template):
    bucket = template.resources["Payloads"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    ends = {rule["Prefix"] for rule in rules if rule.get("ExpirationInDays") == option("PayloadRetentionDays")}
    assert ends == {"payloads/", "callers/", "extractions/"}
    versions = [rule for rule in rules if rule.get("NoncurrentVersionExpiration") == {"NoncurrentDays": 7}]
    assert [set(rule) & {"Prefix", "TagFilters"} for rule in versions] == [set()], "noncurrent versions of all objects must expire"
    for name in ("Payloads", "Memories", "Secrets", "ProviderSecrets", "StoreSecrets", "Pepper"):
        # A first deployment that fails leaves nothing behind.
        assert template.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert template.resources[name]["UpdateReplacePolicy"] == "Retain", name
    for properties in template.of_type("AWS::Logs::LogGroup").values():
        assert properties["RetentionInDays"] == option("LogRetentionDays")


def test_tombstones_and_the_audit_trail_outlive_the_calls(template):
    # Only calls get a retention tag (`archive/s3.rs`), and the functions may tag nothing else.
    for rule in template.resources["Payloads"]["Properties"]["LifecycleConfiguration"]["Rules"]:
        if "ExpirationInDays" not in rule or "TagFilters" in rule:
            continue
        prefix = rule.get("Prefix", "")
        for key in ("erased/conv_1", "erased/caller-0a1b", "audit/2026-01-01T00-00-00Z_1.json"):
            assert not key.startswith(prefix), f"{rule['Id']} deletes {key}"
    for reach in BUCKET_ACCESS.values():
        assert not [prefix for prefix in reach.get("s3:PutObjectTagging", ()) if prefix.startswith(("erased", "audit"))]


def test_the_lifecycle_has_a_rule_for_every_retention_class(template):
    source = (ROOT / "common/src/archive/s3.rs").read_text()
    classes = re.search(r"RETENTION_CLASSES: \[i64; \d+\] = \[([\d, ]+)\]", source)[1].split(", ")
    tag = re.search(r'RETENTION_TAG: &str = "([\w-]+)"', source)[1]
    rules = template.resources["Payloads"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule["TagFilters"][0]["Value"]: rule for rule in rules if "TagFilters" in rule}
    assert list(days) == classes
    for value, rule in days.items():
        assert rule["Status"] == "Enabled"
        assert rule["TagFilters"] == [{"Key": tag, "Value": value}]
        assert rule["ExpirationInDays"] == int(value)
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_an_outage_does_not_use_up_the_receives_of_a_job(template):
    queue = template.resources["ExtractionQueue"]["Properties"]
    timeout = template.resources["Extraction"]["Properties"]["Timeout"]
    assert queue["FifoQueue"] is True
    assert queue["VisibilityTimeout"] == 6 * timeout
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 1000
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    event = template.resources["Extraction"]["Properties"]["Events"]["Call"]["Properties"]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_alarm_of_the_guide_exists_and_notifies(template):
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    wanted = {
        ("5xx", "Sum", 15), ("Latency", "p95", 2000), ("WebhookValidationErrors", "Sum", 10),
        ("BackgroundJobDuration", "p95", 60), ("BackgroundJobsFailed", "Sum", 5), ("BackgroundJobsFailed", "Sum", 60),
        ("ModelDeclined", "Sum", 0), ("ModelUnreadable", "Sum", 3), ("ModelTimedOut", "Sum", 3), ("ModelRefused", "Sum", 3),
        ("MemoriesDropped", "Sum", 100), ("MemoryExtractionErrors", "Sum", 3), ("LlmApiLatency", "p95", 10), ("LlmApiErrors", "Sum", 5),
        ("LlmApiErrors", "Sum", 30), ("OpenMemoryApiLatency", "p95", 3), ("OpenMemoryApiErrors", "Sum", 5),
        ("HealthDown", "Maximum", 0), ("DegradedAnswers", "Sum", 5), ("MemoryUsed", "Maximum", 80), ("ConcurrentExecutions", "Maximum", 50),
        ("ApproximateNumberOfMessagesVisible", "Maximum", 0), ("ApproximateAgeOfOldestMessage", "Maximum", 1800),
    }  # fmt: skip
    there = {
        (one["MetricName"], one.get("Statistic") or one["ExtendedStatistic"], one["Threshold"]) for one in alarms.values()
    }
    assert wanted <= there, wanted - there
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["ActionsEnabled"] == option("AlarmActions"), name


def test_alarms_and_panels_use_metrics_that_the_code_emits(template):
    names = (ROOT / "common/src/lambda/emf/names.rs").read_text()
    units = {"Count", "None", "Percent", "Seconds"}
    sent = set(re.findall(r'"([A-Z][A-Za-z0-9]+)"', names)) - units
    alarmed = {one["MetricName"] for one in template.of_type("AWS::CloudWatch::Alarm").values() if one["Namespace"] == "ELAAOMS"}
    shown = set(re.findall(r'\["ELAAOMS","(\w+)"', TEMPLATE.read_text()))
    assert alarmed <= sent, alarmed - sent
    assert shown <= sent, shown - sent
    assert sent <= shown | {"HttpRequests", "HttpRequestDuration"}, sent - shown


def test_two_stacks_of_one_stage_share_no_metric(template):
    stack = {"Name": "Stack", "Value": {"Ref": "AWS::StackName"}}
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        if alarm["Namespace"] == "ELAAOMS":
            assert alarm["Dimensions"][0] == stack, name
    for name in ("Dashboard", "EssentialDashboard"):
        shown = re.findall(r'\["ELAAOMS","\w+",("\w+","[^"]*")', dashboard(template, name))
        assert set(shown) == {'"Stack","${AWS::StackName}"'}, name
    assert template.document["Globals"]["Function"]["Environment"]["Variables"]["STACK"] == {"Ref": "AWS::StackName"}


def dashboard(template: Template, name: str) -> str:
    return template.resources[name]["Properties"]["DashboardBody"]["Fn::Sub"]


def alarms_with_condition(template: Template) -> dict[str, str | None]:
    return {name: template.resources[name].get("Condition") for name in template.of_type("AWS::CloudWatch::Alarm")}


def test_all_alarms_are_on_the_dashboard(template):
    conditions = alarms_with_condition(template)
    always = {name for name, condition in conditions.items() if condition is None}
    for name, alarms in (("Dashboard", set(conditions)), ("EssentialDashboard", always)):
        assert set(re.findall(r"\$\{(\w+Alarm)\.Arn\}", dashboard(template, name))) == alarms


@pytest.mark.parametrize("name", ["Dashboard", "EssentialDashboard"])
def test_a_dashboard_is_json_with_readable_text(template, name):
    widgets = json.loads(dashboard(template, name))["widgets"]
    assert "\\" not in widgets[0]["properties"]["markdown"]
    assert len(widgets) > 8


def test_essential_monitoring_stays_within_the_free_tier_of_cloudwatch(template):
    assert template.document["Parameters"]["Monitoring"]["Default"] == "essential"
    assert template.document["Globals"]["Function"]["Environment"]["Variables"]["MONITORING"] == {"Ref": "Monitoring"}
    names = (ROOT / "common/src/lambda/emf/names.rs").read_text()
    essential = set(re.findall(r'"([A-Z]\w+)"(?:,\s*"None")?,?\s*\)\s*\.essential\(\)', names))
    assert 5 < len(essential) <= 10, essential
    always = [name for name, condition in alarms_with_condition(template).items() if condition is None]
    assert len(always) <= 10, always
    alarmed = [template.resources[name]["Properties"] for name in always]
    assert {one["MetricName"] for one in alarmed if one["Namespace"] == "ELAAOMS"} <= essential
    assert not [one for one in alarmed if {"Name": "Function", "Value": "health"} in one["Dimensions"]]
    body = dashboard(template, "EssentialDashboard")
    assert set(re.findall(r'\["ELAAOMS","(\w+)"', body)) <= essential
    assert len(re.findall(r'\["(?:ELAAOMS|AWS/\w+)"', body)) < 50
    assert "DetailedMetricsEnabled" not in TEMPLATE.read_text(), "no alarm and no panel uses a metric for each route"


def test_the_health_alarm_fires_when_the_check_fails_or_does_not_run(template):
    alarm = template.of_type("AWS::CloudWatch::Alarm")["HealthAlarm"]
    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("HealthDown", "breaching")
    schedule = template.resources["Health"]["Properties"]["Events"]["OnSchedule"]["Properties"]["Schedule"]["Fn::If"]
    period = alarm["Period"]["Fn::If"]
    assert (schedule, period) == (["MonitorsFully", "rate(1 minute)", "rate(5 minutes)"], ["MonitorsFully", 60, 300])


def test_one_slow_call_fires_no_alarm(template):
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        if "ExtendedStatistic" in alarm:
            assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (5, 3), name


def test_an_alarm_that_ends_a_deployment_always_exists(template):
    preference = template.document["Globals"]["Function"]["DeploymentPreference"]
    conditions = alarms_with_condition(template)
    assert [conditions[alarm["Ref"]] for alarm in preference["Alarms"]] == [None] * 3
    assert preference["Role"] == {"Fn::GetAtt": ["ShiftRole", "Arn"]}


def test_each_new_version_is_tried_before_it_gets_traffic(template):
    preference = template.document["Globals"]["Function"]["DeploymentPreference"]
    hook = {"Fn::If": ["ShiftsTraffic", {"Ref": "BeforeTraffic"}, {"Ref": "AWS::NoValue"}]}
    assert preference["Hooks"] == {"PreTraffic": hook}
    assert template.document["Conditions"]["ShiftsTraffic"] == {"Fn::Equals": [preference["Enabled"], "true"]}
    properties = template.resources["BeforeTraffic"]["Properties"]
    tried = re.findall(r"'(\w+)\.Version'", str(properties["Environment"]["Variables"]["VERSIONS"]))
    assert set(tried) == set(template.of_type("AWS::Serverless::Function"))
    # The managed policy of CodeDeploy's role allows only functions with this prefix.
    assert properties["FunctionName"]["Fn::Sub"].startswith("CodeDeployHook_")
    assert len(properties["Code"]["ZipFile"]) <= 4096, "AWS accepts no longer code in a template"


def test_every_role_has_the_permissions_boundary(template):
    for name, role in template.of_type("AWS::IAM::Role").items():
        boundary = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
        assert role["PermissionsBoundary"] == boundary, name


def test_the_definitions_of_secrets_never_change(template):
    # CloudFormation would generate new keys and erase those that operators have set.
    assert template.resources["Pepper"]["Properties"]["GenerateSecretString"] == {
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }
    assert template.resources["Secrets"]["Properties"]["GenerateSecretString"] == {
        "SecretStringTemplate": {
            "Fn::Sub": '{"CALLER_ID_PEPPER":"{{resolve:secretsmanager:${Pepper.Id}:SecretString}}",'
            '"ELEVENLABS_POST_CALL_HMAC_KEY":"", "ELEVENLABS_API_KEY":"","LLM_API_KEY":"","OPENMEMORY_API_KEY":"",'
            '"DATABASE_URL":"","EMBEDDING_API_KEY":""}'
        },
        "GenerateStringKey": "WEBHOOK_API_KEY",
        "PasswordLength": 48,
        "ExcludePunctuation": True,
    }
    provider, store = (template.resources[name]["Properties"]["SecretString"] for name in ("ProviderSecrets", "StoreSecrets"))
    assert provider == '{"LLM_API_KEY":"","ELEVENLABS_API_KEY":""}'
    assert store == '{"DATABASE_URL":"","EMBEDDING_API_KEY":"","OPENMEMORY_API_KEY":""}'


def test_the_defaults_fit_the_quota_of_a_new_account(template):
    for stage in ("dev", "staging", "prod"):
        values = options(template, stage)
        for name in ("ProvisionedConcurrency", "WebhookReservedConcurrency", "ExtractionReservedConcurrency"):
            assert values[name] == "0", (name, stage)
        assert values["ExtractionConcurrency"] == "2"


def test_the_environments_differ_as_the_guide_says(template):
    with open(SAMCONFIG, "rb") as file:
        config = tomllib.load(file)
    environments, settings, sizes = {}, {}, {}
    for name in ("default", "staging", "prod"):
        deploy = config[name]["deploy"]["parameters"]
        environments[name] = dict(one.split("=", 1) for one in deploy["parameter_overrides"])
        assert deploy["stack_name"].endswith(environments[name]["Stage"])
        entries = environments[name].get("Settings", "").split(";")
        settings[name] = dict(entry.split("=", 1) for entry in entries if entry)
        assert set(settings[name]) <= entry_names()
        sizes[name] = options(template, environments[name]["Stage"])
    known = set(template.document["Parameters"])
    assert all(set(overrides) <= known for overrides in environments.values())
    assert [one.get("LOG_LEVEL", "INFO") for one in settings.values()] == ["DEBUG", "INFO", "WARNING"]
    development = settings["default"]
    assert (development["MEMORY_RELEVANCE_THRESHOLD"], development["HIGH_IMPORTANCE_THRESHOLD"]) == ("0.5", "6")
    assert development["AGENT_PROFILE_TTL_HOURS"] == "1"
    assert [one["GradualDeployment"] for one in environments.values()] == ["false", "true", "true"]
    assert sizes["prod"]["DeploymentStyle"].startswith("Canary")
    assert [one["AlarmActions"] for one in sizes.values()] == ["false", "true", "true"]
    assert [one["LogRetentionDays"] for one in sizes.values()] == ["7", "30", "30"]
    assert [one["PayloadRetentionDays"] for one in sizes.values()] == ["14", "30", "90"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_zip_is_small(name):
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(BUILT.parent / name / "bootstrap", "bootstrap")
    size = archive.getbuffer().nbytes
    print(f"{name}: {size / 1e6:.2f} MB")
    assert size <= LARGEST_ZIP[name]


@pytest.mark.parametrize("name", ["ClientData", "SearchMemory", "Health"])
def test_a_webhook_without_storage_is_built_without_the_aws_sdk(name):
    manifest = ROOT / "functions" / FUNCTIONS[name] / "Cargo.toml"
    command = ["cargo", "tree", "--quiet", "--manifest-path", str(manifest), "--edges", "normal", "--prefix", "none"]
    tree = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not re.search(r"^aws-(sdk|config)", tree, re.MULTILINE)
    assert "aws-lc" not in tree


def test_openmemory_is_deployed_unless_a_server_is_named_and_used_by_the_functions(template):
    parts = {name for name, one in template.resources.items() if one.get("Condition") == "DeploysOpenMemory"}
    assert parts == {"OpenMemory", "OpenMemoryLogs", "OpenMemoryRole", "AskOpenMemory"}
    deploys = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Store"}, "url"]}]}
    assert template.document["Conditions"]["DeploysOpenMemory"] == deploys
    chosen, its_own, given = template.document["Globals"]["Function"]["Environment"]["Variables"]["OPENMEMORY_API_URL"]["Fn::If"]
    assert (chosen, given) == ("DeploysOpenMemory", {"Ref": "OpenMemoryApiUrl"})
    assert "OpenMemoryUrl" in str(its_own) and "FunctionUrl" in str(its_own)
    rule = template.document["Rules"]["OwnServerIsNamed"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Store"}, "url"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "OpenMemoryApiUrl"}, ""]}]}


def test_openmemory_may_only_read_its_own_secret(template):
    function = template.resources["OpenMemory"]["Properties"]
    own = function["Environment"]["Variables"]
    # With its own URL in its variables it would wait for itself.
    assert own["OPENMEMORY_API_URL"] == ""
    allowed = {"OPENMEMORY_API_URL", "SECRETS_ARN", "DATABASE_URL", "EMBEDDINGS", "EMBEDDING_MODEL"}
    assert set(own) == allowed, "no variable may hold a secret"
    table = {"Fn::If": ["UsesTable", {"Fn::Sub": "dynamodb://${Memories}"}, {"Ref": "AWS::NoValue"}]}
    assert own["DATABASE_URL"] == table, "a PostgreSQL's URL holds a password"
    in_vpc, network, _ = function["VpcConfig"]["Fn::If"]
    assert in_vpc == "OpenMemoryIsInVpc"
    assert network == {
        "SubnetIds": {"Fn::Split": [",", option("OpenMemorySubnetIds")]},
        "SecurityGroupIds": {"Fn::Split": [",", option("OpenMemorySecurityGroupIds")]},
    }
    assert actions(template, "OpenMemoryRole") == LOGS_AND_TRACES | {"secretsmanager:GetSecretValue"}
    nothing = {"Ref": "AWS::NoValue"}
    first = [{"Fn::If": ["ReadsSharedSecret", SHARED_SECRETS, nothing]}, {"Fn::If": ["MakesStoreSecrets", STORE_SECRETS, nothing]}]
    pepper = {"Fn::Sub": "DYNAMODB_KEY_PEPPER=${Pepper.Id}"}
    assert own["SECRETS_ARN"] == {"Fn::Join": [",", [*first, {"Fn::If": ["ReadsPepper", pepper, nothing]}]]}
    readable = [*first, {"Fn::If": ["ReadsPepper", {"Fn::GetAtt": ["Pepper", "Id"]}, nothing]}]
    assert readable_secrets(template, "OpenMemoryRole") == [readable]
    for name in json.loads(template.resources["StoreSecrets"]["Properties"]["SecretString"]):
        assert f'"{name}"' in (ROOT / "common/src/secrets.rs").read_text()


SHARED_SECRETS = {"Fn::If": ["MakesSecret", {"Fn::GetAtt": ["Secrets", "Id"]}, {"Ref": "SecretsArn"}]}
PROVIDER_SECRETS = {"Fn::GetAtt": ["ProviderSecrets", "Id"]}
STORE_SECRETS = {"Fn::GetAtt": ["StoreSecrets", "Id"]}


def readable_secrets(template: Template, role: str) -> list:
    """Returns the secrets that a role may read."""
    return [one["Resource"] for one in statements(template, role) if one["Action"] == "secretsmanager:GetSecretValue"]


def test_only_extraction_and_health_may_read_the_providers_key(template):
    policy = template.resources["ReadProviderSecrets"]
    assert policy["Condition"] == template.resources["ProviderSecrets"]["Condition"] == "MakesProviderSecrets"
    assert policy["Properties"]["Roles"] == [{"Ref": "ExtractionRole"}, {"Ref": "HealthRole"}]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("secretsmanager:GetSecretValue", PROVIDER_SECRETS)
    both = {"Fn::Join": [",", [{"Fn::GetAtt": ["Secrets", "Id"]}, PROVIDER_SECRETS]]}
    for name in FUNCTIONS:
        assert readable_secrets(template, f"{name}Role") == [SHARED_SECRETS], name
        own = template.resources[name]["Properties"].get("Environment", {}).get("Variables", {}).get("SECRETS_ARN")
        if name in ("Extraction", "Health"):
            assert own == {"Fn::If": ["MakesProviderSecrets", both, SHARED_SECRETS]}, name
        else:
            assert own is None, name
    for name in json.loads(template.resources["ProviderSecrets"]["Properties"]["SecretString"]):
        assert f'"{name}"' in (ROOT / "common/src/secrets.rs").read_text()


def test_secrets_are_separate_unless_the_operator_provides_or_wants_one(template):
    conditions = template.document["Conditions"]
    assert set(template.document["Mappings"]["Options"]["SecretsPerRole"].values()) == {"true"}
    wanted = {"Fn::Equals": [option("SecretsPerRole"), "true"]}
    assert conditions["SplitsSecrets"] == {"Fn::And": [{"Condition": "MakesSecret"}, wanted]}
    for name, needed in (("MakesProviderSecrets", "NeedsProviderKey"), ("MakesStoreSecrets", "NeedsStoreSecrets")):
        assert conditions[name] == {"Fn::And": [{"Condition": "SplitsSecrets"}, {"Condition": needed}]}


def test_openmemory_requires_signed_requests_and_the_functions_sign(template):
    assert template.resources["OpenMemory"]["Properties"]["FunctionUrlConfig"] == {"AuthType": "AWS_IAM"}
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["OPENMEMORY_AUTH"] == {"Fn::If": ["DeploysOpenMemory", "iam", "key"]}
    output = template.document["Outputs"]["OpenMemoryAuth"]
    assert (output["Condition"], output["Value"]) == ("DeploysOpenMemory", "iam")


def test_only_functions_that_use_openmemory_may_invoke_it_through_its_url(template):
    policy = template.resources["AskOpenMemory"]["Properties"]
    askers = {name for name in FUNCTIONS if calls_openmemory(FUNCTIONS[name])}
    assert {role["Ref"] for role in policy["Roles"]} == {f"{name}Role" for name in askers}
    its_own = [{"Fn::GetAtt": ["OpenMemory", "Arn"]}, {"Fn::Sub": "${OpenMemory.Arn}:live"}]
    through_the_url, directly = policy["PolicyDocument"]["Statement"]
    assert through_the_url["Action"] == "lambda:InvokeFunctionUrl"
    assert through_the_url["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    assert directly["Action"] == "lambda:InvokeFunction"
    assert directly["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    assert through_the_url["Resource"] == directly["Resource"] == its_own


def test_instances_can_be_reserved_for_openmemory(template):
    reserved = template.resources["OpenMemory"]["Properties"]["ReservedConcurrentExecutions"]["Fn::If"]
    assert reserved == ["ReservesOpenMemory", option("OpenMemoryReservedConcurrency"), {"Ref": "AWS::NoValue"}]
    assert set(template.document["Mappings"]["Options"]["OpenMemoryReservedConcurrency"].values()) == {"0"}


def calls_openmemory(function: str) -> bool:
    """Returns whether a function creates a client of the memory store."""
    sources = (ROOT / "functions" / function / "src").rglob("*.rs")
    return any(".openmemory(" in source.read_text() for source in sources)


OWN_KEY = {"Fn::If": ["HasOwnKey", option("KmsKeyArn"), {"Ref": "AWS::NoValue"}]}


def test_a_customers_key_encrypts_everything_that_holds_calls_or_secrets(template):
    assert set(template.document["Mappings"]["Options"]["KmsKeyArn"].values()) == {""}
    table = template.resources["Memories"]["Properties"]["SSESpecification"]["Fn::If"]
    own = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": option("KmsKeyArn")}
    assert table == ["HasOwnKey", own, {"Ref": "AWS::NoValue"}]
    (rule,) = template.resources["Payloads"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    default = rule["ServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": {"Fn::If": ["HasOwnKey", "aws:kms", "AES256"]}, "KMSMasterKeyID": OWN_KEY}
    assert rule["BucketKeyEnabled"] == {"Fn::If": ["HasOwnKey", True, {"Ref": "AWS::NoValue"}]}
    queues = template.of_type("AWS::SQS::Queue")
    assert len(queues) == 2
    for name, queue in queues.items():
        assert queue["KmsMasterKeyId"] == OWN_KEY, name
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasOwnKey", False, True]}, name
    for kind, count in (("AWS::SecretsManager::Secret", 4), ("AWS::Logs::LogGroup", 9)):
        encrypted = {name: one.get("KmsKeyId") for name, one in template.of_type(kind).items()}
        assert len(encrypted) == count
        assert all(key == OWN_KEY for key in encrypted.values()), encrypted


def via_services(statement: dict) -> list[str]:
    """Returns the services through which a statement allows a key to be used."""
    services = as_list(statement["Condition"]["StringEquals"]["kms:ViaService"])
    return [one["Fn::Sub"].removesuffix(".${AWS::Region}.${AWS::URLSuffix}") for one in services]


def test_a_role_may_use_the_key_only_through_its_functions_services(template):
    secrets = template.resources["DecryptSecrets"]["Properties"]
    (decrypts,) = secrets["PolicyDocument"]["Statement"]
    assert (decrypts["Action"], via_services(decrypts)) == ("kms:Decrypt", ["secretsmanager"])
    everybody = [{"Ref": f"{name}Role"} for name in FUNCTIONS]
    where_deployed = {"Fn::If": ["DeploysOpenMemory", {"Ref": "OpenMemoryRole"}, {"Ref": "AWS::NoValue"}]}
    assert secrets["Roles"] == [*everybody, where_deployed]
    calls = template.resources["EncryptCalls"]
    (encrypts,) = calls["Properties"]["PolicyDocument"]["Statement"]
    assert calls["Condition"] == "HasOwnKey"
    assert calls["Properties"]["Roles"] == [{"Ref": f"{name}Role"} for name in BUCKET_ACCESS]
    assert (encrypts["Action"], via_services(encrypts)) == (["kms:Decrypt", "kms:GenerateDataKey"], ["s3", "sqs"])
    assert encrypts["Resource"] == option("KmsKeyArn")
    memories = template.resources["EncryptMemories"]
    assert (memories["Condition"], memories["Properties"]["Roles"]) == ("TableHasOwnKey", [{"Ref": "OpenMemoryRole"}])
    (statement,) = memories["Properties"]["PolicyDocument"]["Statement"]
    assert (via_services(statement), statement["Resource"]) == (["dynamodb"], option("KmsKeyArn"))


def test_a_provided_secret_with_its_own_key_can_be_read(template):
    policy = template.resources["DecryptSecrets"]
    assert policy["Condition"] == "DecryptsSecrets"
    either = {"Fn::Or": [{"Condition": "HasOwnKey"}, {"Condition": "HasKeyOfSecret"}]}
    assert template.document["Conditions"]["DecryptsSecrets"] == either
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    of_the_secret = {"Fn::If": ["HasKeyOfSecret", option("SecretsKmsKeyArn"), {"Ref": "AWS::NoValue"}]}
    assert statement["Resource"] == [OWN_KEY, of_the_secret]
    given = {"Fn::Not": [{"Condition": "MakesSecret"}]}
    key = {"Fn::Not": [{"Fn::Equals": [option("SecretsKmsKeyArn"), ""]}]}
    assert template.document["Conditions"]["HasKeyOfSecret"] == {"Fn::And": [given, key]}


def test_the_arn_of_a_secret_is_that_of_secrets_manager(template):
    key = "arn:aws:kms:eu-central-1:123456789012:key/0a1b"
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:elaaoms-AbCdEf"
    pattern = template.document["Parameters"]["SecretsArn"]["AllowedPattern"]
    assert re.fullmatch(pattern, "") and re.fullmatch(pattern, secret)
    assert not re.fullmatch(pattern, key)
