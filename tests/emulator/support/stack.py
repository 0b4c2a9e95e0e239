"""Deploys the real template to the emulator with the real `sam deploy`."""

import hashlib
import json
import os
import re
import secrets
import string
import subprocess
import tomllib
from pathlib import Path

import yaml

from .emulator import Emulator
from .paths import BUILT, REGION, ROOT, SAMCONFIG
from .template import Template

STACK = "elaaoms-dev"
# Entries of `Settings`: the longest time limits that are allowed. With the defaults, a busy machine may answer
# without memories.
PATIENT = "CLIENT_DATA_DEADLINE_MS=9000;SEARCH_DEADLINE_MS=9000"
# Resource types that the emulator does not support. Everything else is deployed unchanged.
UNSUPPORTED = {"AWS::Logs::QueryDefinition"}


class Stack:
    def __init__(self, emulator: Emulator, folder: Path, **parameters: str):
        self._emulator, self._folder, self._parameters = emulator, folder, parameters
        self._routed = False
        # The URL of the stack's own memory store, if it has one.
        self.store_url: str | None = None
        self.deploy()
        if "OpenMemoryAuth" in self.outputs:
            self.store_url = self._store_url()
            self.deploy()

    def deploy(self, options: dict[str, str] | None = None, **parameters: str):
        """Deploys or updates the development environment with additional parameters.

        They override those with which the stack was created. `options` are the values that an
        operator changes in the table `Options` of the template.
        """
        template = adapted(BUILT, self._folder, self.store_url, options or {})
        overrides = development_parameters() | self._parameters | parameters
        write_parameters_file(overrides)
        command = ["sam", "deploy", "--config-file", str(SAMCONFIG), "--template-file", str(template)]
        command += ["--parameter-overrides", *(f"{name}='{value}'" for name, value in overrides.items())]
        environment = dict(os.environ, AWS_ENDPOINT_URL=self._emulator.proxy.url, AWS_DEFAULT_REGION=REGION)
        environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "SAM_CLI_TELEMETRY": "0"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        self.outputs = self._outputs()
        if not self._routed:
            self._route()
            self._generate_secret()
            self._routed = True

    @property
    def api_id(self) -> str:
        return self.outputs["ClientDataUrl"].split("//")[1].split(".")[0]

    def url(self, path: str) -> str:
        """Returns the emulator's URL of a path of the API."""
        return f"{self._emulator.url}/_aws/execute-api/{self.api_id}{path}"

    def function(self, name: str) -> dict:
        client = self._emulator.client("lambda")
        return client.get_function_configuration(FunctionName=f"{STACK}-{name}", Qualifier="live")

    def _store_url(self) -> str:
        """Returns the path under which the emulator serves the function URL, whose host name does not
        exist."""
        url_id = self.outputs["OpenMemoryApiUrl"].split("//")[1].split(".")[0]
        return f"{self._emulator.url}/_aws/lambda-url/{url_id}"

    def _outputs(self) -> dict[str, str]:
        described = self._emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        assert described["StackStatus"].endswith("_COMPLETE") and "ROLLBACK" not in described["StackStatus"], described
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def _route(self):
        """Creates the API's routes, because the emulator ignores those in the API definition that
        SAM writes."""
        formation, gateway = self._emulator.client("cloudformation"), self._emulator.client("apigatewayv2")
        processed = formation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
        processed = processed if isinstance(processed, dict) else yaml.load(processed, Loader=yaml.CSafeLoader)
        paths = processed["Resources"]["Api"]["Properties"]["Body"]["paths"]
        permitted = self._permitted()
        for path, methods in paths.items():
            for method, operation in methods.items():
                if method.startswith("x-"):
                    continue
                target = self._target(operation["x-amazon-apigateway-integration"]["uri"])
                if target.rsplit(":", 1)[0].rsplit(":", 1)[-1] not in permitted:
                    continue  # AWS would response 500: the API may not call this function.
                integration = gateway.create_integration(
                    ApiId=self.api_id, IntegrationType="AWS_PROXY", IntegrationUri=target, PayloadFormatVersion="2.0"
                )
                gateway.create_route(
                    ApiId=self.api_id,
                    RouteKey=f"{method.upper()} {path}",
                    Target=f"integrations/{integration['IntegrationId']}",
                )

    def _generate_secret(self):
        """Writes the generated secret, because the emulator generates a plain password instead of
        an object."""
        wanted = Template.read(BUILT).resources["Secrets"]["Properties"]["GenerateSecretString"]
        generated = lambda length: "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
        text = re.sub(r"\{\{resolve:.*?\}\}", generated(64), wanted["SecretStringTemplate"]["Fn::Sub"])
        value = json.loads(text) | {wanted["GenerateStringKey"]: generated(wanted["PasswordLength"])}
        client = self._emulator.client("secretsmanager")
        client.put_secret_value(SecretId=self.outputs["SecretsArn"], SecretString=json.dumps(value))

    def _target(self, uri) -> str:
        """Returns the alias that an integration's `Fn::Sub` refers to by logical id."""
        text = uri["Fn::Sub"] if isinstance(uri, dict) else uri
        if isinstance(text, list):
            text = text[0]
        alias = text.split("${")[-1].split("}")[0]
        return self.physical_id(alias)

    def physical_id(self, logical_id: str) -> str:
        """Returns the physical id of a resource."""
        formation = self._emulator.client("cloudformation")
        detail = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def _permitted(self) -> set[str]:
        """Returns the functions whose permissions let API Gateway invoke them."""
        functions, names = self._emulator.client("lambda"), set()
        for name in ("client-data", "search-memory", "do-not-remember", "post-call", "health"):
            try:
                policy = functions.get_policy(FunctionName=f"{STACK}-{name}", Qualifier="live")["Policy"]
            except functions.exceptions.ResourceNotFoundException:
                continue
            statements = json.loads(policy)["Statement"]
            if any(one["Principal"] == {"Service": "apigateway.amazonaws.com"} for one in statements):
                names.add(f"{STACK}-{name}")
        return names


def with_options(condition, options: dict[str, dict[str, str]]):
    """Returns conditions with the values of the development stage in place of `Fn::FindInMap`."""
    if isinstance(condition, list):
        return [with_options(one, options) for one in condition]
    if not isinstance(condition, dict):
        return condition
    if "Fn::FindInMap" in condition:
        return options[condition["Fn::FindInMap"][1]]["dev"]
    return {name: with_options(one, options) for name, one in condition.items()}


def development_parameters() -> dict[str, str]:
    with open(SAMCONFIG, "rb") as file:
        overrides = tomllib.load(file)["default"]["deploy"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)


def write_parameters_file(parameters: dict[str, str]):
    """Writes a hash of the parameters beside the code, as `./deploy` does.

    SAM publishes a new version only when the code changes.
    """
    for bootstrap in BUILT.parent.glob("*/bootstrap"):
        (bootstrap.parent / "parameters").write_text(hashlib.sha256(repr(parameters).encode()).hexdigest())


def adapted(built: Path, folder: Path, store_url: str | None, changed: dict[str, str]) -> Path:
    """Returns the built template without what the emulator does not support, with its URL of the
    memory store and with changed options of the development stage."""
    template = Template.read(built)
    # The emulator finds values of mappings everywhere but in conditions.
    options = template.document["Mappings"]["Options"]
    for name, value in changed.items():
        options[name]["dev"] = value
    template.document["Conditions"] = with_options(template.document["Conditions"], options)
    for name, resource in list(template.resources.items()):
        if resource["Type"] in UNSUPPORTED:
            del template.resources[name]
        elif "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = str(built.parent / resource["Properties"]["CodeUri"])
    if store_url:
        variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
        variables["OPENMEMORY_API_URL"] = store_url
        template.document["Outputs"]["OpenMemoryApiUrl"]["Value"] = store_url
    path = folder / "template.yaml"
    template.write(path)
    return path
