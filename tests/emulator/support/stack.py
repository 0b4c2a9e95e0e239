"""The real template, deployed by the real `sam deploy` to the emulator."""

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
from .places import BUILT, REGION, ROOT, SAMCONFIG
from .template import Template

STACK = "elaaoms-dev"
# What the emulator does not know. Everything else is deployed as it is written.
UNKNOWN = {"AWS::Logs::QueryDefinition"}


class Stack:
    def __init__(self, emulator: Emulator, folder: Path, **parameters: str):
        self._emulator, self._folder = emulator, folder
        self._routed = False
        self.deploy(**parameters)

    def deploy(self, **parameters: str):
        """Deploys, or updates in place, the development environment with these parameters on top."""
        template = without_unknown(BUILT, self._folder)
        overrides = development_parameters() | parameters
        mark(overrides)
        command = ["sam", "deploy", "--config-file", str(SAMCONFIG), "--template-file", str(template)]
        command += ["--parameter-overrides", *(f"{name}='{value}'" for name, value in overrides.items())]
        environment = dict(os.environ, AWS_ENDPOINT_URL=self._emulator.front.url, AWS_DEFAULT_REGION=REGION)
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
        """Where the emulator serves a path of the API."""
        return f"{self._emulator.url}/_aws/execute-api/{self.api_id}{path}"

    def function(self, name: str) -> dict:
        client = self._emulator.client("lambda")
        return client.get_function_configuration(FunctionName=f"{STACK}-{name}", Qualifier="live")

    def _outputs(self) -> dict[str, str]:
        described = self._emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        assert described["StackStatus"].endswith("_COMPLETE") and "ROLLBACK" not in described["StackStatus"], described
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def _route(self):
        """The emulator passes over the routes that SAM writes into the API's definition: they are made from it here."""
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
                    continue  # AWS would answer 500: the API may not call this function.
                integration = gateway.create_integration(
                    ApiId=self.api_id, IntegrationType="AWS_PROXY", IntegrationUri=target, PayloadFormatVersion="2.0"
                )
                gateway.create_route(
                    ApiId=self.api_id,
                    RouteKey=f"{method.upper()} {path}",
                    Target=f"integrations/{integration['IntegrationId']}",
                )

    def _generate_secret(self):
        """The emulator generates a password, and not the object that the template asks for: it is made from it here."""
        wanted = Template.read(BUILT).resources["Secrets"]["Properties"]["GenerateSecretString"]
        generated = lambda length: "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
        text = re.sub(r"\{\{resolve:.*?\}\}", generated(64), wanted["SecretStringTemplate"]["Fn::Sub"])
        value = json.loads(text) | {wanted["GenerateStringKey"]: generated(wanted["PasswordLength"])}
        client = self._emulator.client("secretsmanager")
        client.put_secret_value(SecretId=self.outputs["SecretsArn"], SecretString=json.dumps(value))

    def _target(self, uri) -> str:
        """The alias that an integration's `Fn::Sub` names by its logical id."""
        text = uri["Fn::Sub"] if isinstance(uri, dict) else uri
        if isinstance(text, list):
            text = text[0]
        alias = text.split("${")[-1].split("}")[0]
        return self.physical(alias)

    def physical(self, logical_id: str) -> str:
        """The name that a resource was given."""
        formation = self._emulator.client("cloudformation")
        detail = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def _permitted(self) -> set[str]:
        """The functions that API Gateway may call, as their permissions say."""
        functions, names = self._emulator.client("lambda"), set()
        for name in ("client-data", "search-memory", "post-call", "health"):
            try:
                policy = functions.get_policy(FunctionName=f"{STACK}-{name}", Qualifier="live")["Policy"]
            except functions.exceptions.ResourceNotFoundException:
                continue
            statements = json.loads(policy)["Statement"]
            if any(one["Principal"] == {"Service": "apigateway.amazonaws.com"} for one in statements):
                names.add(f"{STACK}-{name}")
        return names


def development_parameters() -> dict[str, str]:
    with open(SAMCONFIG, "rb") as file:
        overrides = tomllib.load(file)["default"]["deploy"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)


def mark(parameters: dict[str, str]):
    """Lays the parameters beside the code, as `./deploy` does: SAM publishes a version only when the code changes."""
    for bootstrap in BUILT.parent.glob("*/bootstrap"):
        (bootstrap.parent / "parameters").write_text(hashlib.sha256(repr(parameters).encode()).hexdigest())


def without_unknown(built: Path, folder: Path) -> Path:
    """The built template without what the emulator does not know."""
    template = Template.read(built)
    for name, resource in list(template.resources.items()):
        if resource["Type"] in UNKNOWN:
            del template.resources[name]
        elif "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = str(built.parent / resource["Properties"]["CodeUri"])
    path = folder / "template.yaml"
    template.write(path)
    return path
