"""Floods by a stranger: the rate limits of every environment, and the optional edge in front of the
API."""

import os
import shutil
import subprocess

import pytest

from support.paths import EDGE, ROOT, SAMCONFIG, TEMPLATE
from support.template import Template

STRANGER = 50  # Requests per second.
WEBHOOKS = {f"POST /webhook/{name}" for name in ("client-data", "search-memory", "do-not-remember", "post-call")}
# AWS's managed policies CachingDisabled and AllViewerExceptHostHeader.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.fixture(scope="module")
def edge() -> Template:
    return Template.read(EDGE)


def limits(stage: str) -> tuple[float, float]:
    """Returns rate and burst of a stage."""
    options = Template.read(TEMPLATE).document["Mappings"]["Options"]
    return float(options["ThrottleRate"][stage]), float(options["ThrottleBurst"][stage])


def option(name: str) -> dict:
    return {"Fn::FindInMap": ["Options", name, {"Ref": "Stage"}]}


def refused(rate: float, burst: float, stranger: int, steady: int, at_once: int) -> int:
    """Simulates ten minutes of API Gateway's token bucket and returns how many real calls get 429.

    There are `steady` calls per second and `at_once` more once a minute. The stranger is always served first.
    """
    tokens, refusals = burst, 0
    for second in range(600):
        tokens = min(burst, tokens + rate) - stranger
        real = steady + (at_once if second % 60 == 0 else 0)
        served = max(0, min(real, int(tokens)))
        refusals, tokens = refusals + real - served, max(0, tokens - served)
    return refusals


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_flood_of_fifty_requests_per_second_causes_no_429_for_real_calls(stage):
    rate, burst = limits(stage)
    assert refused(rate, burst, STRANGER, steady=25, at_once=100) == 0
    assert refused(50, 100, STRANGER, steady=25, at_once=100) > 0, "the simulation must refuse calls with the former, lower limits"


def test_every_webhook_has_its_own_rate_limit():
    routes = Template.read(TEMPLATE).resources["Api"]["Properties"]["RouteSettings"]
    assert WEBHOOKS <= set(routes)
    for route in WEBHOOKS:
        assert routes[route]["ThrottlingRateLimit"] == option("ThrottleRate")
        assert routes[route]["ThrottlingBurstLimit"] == option("ThrottleBurst")


def test_a_flood_at_one_webhook_uses_no_reserved_instance_of_another():
    template = Template.read(TEMPLATE)
    reserved = template.document["Mappings"]["Options"]["WebhookReservedConcurrency"]
    assert set(reserved.values()) == {"0"}, "a new AWS account cannot reserve instances"
    for name in ("ClientData", "SearchMemory", "DoNotRemember", "PostCall"):
        chosen = template.resources[name]["Properties"]["ReservedConcurrentExecutions"]["Fn::If"]
        assert chosen == ["ReservesWebhooks", option("WebhookReservedConcurrency"), {"Ref": "AWS::NoValue"}], name


def test_the_default_endpoint_of_the_api_can_be_disabled():
    template = Template.read(TEMPLATE)
    closed = template.resources["Api"]["Properties"]["DisableExecuteApiEndpoint"]
    assert closed == {"Fn::If": ["ClosesDefaultEndpoint", True, False]}
    condition = template.document["Conditions"]["ClosesDefaultEndpoint"]
    has_domain = {"Condition": "HasDomain"}
    assert condition == {"Fn::And": [has_domain, {"Fn::Equals": [option("DefaultEndpoint"), "false"]}]}


def test_the_edge_limits_each_address_except_trusted_ones(edge):
    acl = edge.resources["Limits"]["Properties"]
    assert (acl["Scope"], acl["DefaultAction"]) == ("CLOUDFRONT", {"Allow": {}})
    (rule,) = acl["Rules"]
    assert rule["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    limit = rule["Statement"]["RateBasedStatement"]
    assert (limit["AggregateKeyType"], limit["Limit"]) == ("IP", {"Ref": "RequestsPerFiveMinutes"})
    assert limit["EvaluationWindowSec"] == 300
    default = edge.document["Parameters"]["RequestsPerFiveMinutes"]["Default"]
    assert default <= STRANGER * 300 / 5, "a stranger at 50 requests per second must be blocked within a minute"
    condition, scope, _ = limit["ScopeDownStatement"]["Fn::If"]
    trusted = {"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Trusted", "Arn"]}}}
    assert (condition, scope) == ("TrustsSomebody", {"NotStatement": {"Statement": trusted}})
    # A sampled request would expose its headers, including the key.
    assert {one["VisibilityConfig"]["SampledRequestsEnabled"] for one in (acl, rule)} == {False}


def test_the_edge_forwards_credentials_and_caches_nothing(edge):
    distribution = edge.resources["Edge"]["Properties"]["DistributionConfig"]
    assert distribution["WebACLId"] == {"Fn::GetAtt": ["Limits", "Arn"]}
    behaviour = distribution["DefaultCacheBehavior"]
    assert behaviour["CachePolicyId"] == CACHING_DISABLED
    assert behaviour["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert "POST" in behaviour["AllowedMethods"]
    (origin,) = distribution["Origins"]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert "Logging" not in distribution


def test_the_edge_passes_the_linter_for_its_region():
    tools = os.pathsep.join([os.environ["PATH"], str(ROOT / "tests/emulator/.venv/sam/bin")])
    linter = shutil.which("cfn-lint", path=tools)
    assert linter, "cfn-lint is installed by tests/emulator/run"
    run = subprocess.run([linter, "--regions", "us-east-1", "--", str(EDGE)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
