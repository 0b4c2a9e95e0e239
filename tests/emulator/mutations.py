"""Removes one part of the template at a time, deploys the rest, and checks that the suite fails.

This proves that the suite tests the route, policy, variable or permission that was removed."""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.paths import BUILT
from support.template import Template

HERE = Path(__file__).resolve().parent


def statements(template: Template, role: str) -> list[dict]:
    return template.resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]


def without_a_route(template: Template):
    del template.resources["SearchMemory"]["Properties"]["Events"]["Webhook"]


def without_a_policy(template: Template):
    del template.resources["QueuesPolicy"]
    statements(template, "PostCallRole")[:] = [one for one in statements(template, "PostCallRole") if one["Sid"] != "KeepCalls"]


def without_a_variable(template: Template):
    del template.resources["Extraction"]["Properties"]["Environment"]["Variables"]["DEAD_LETTER_QUEUE_URL"]


def without_a_permission(template: Template):
    own = statements(template, "ExtractionRole")
    own[:] = [one for one in own if one["Sid"] != "GiveUp"]


def without_partial_failures(template: Template):
    del template.resources["Extraction"]["Properties"]["Events"]["Call"]["Properties"]["FunctionResponseTypes"]


def without_the_table(template: Template):
    del template.resources["UseTable"]


def without_writes_to_the_table(template: Template):
    (statement,) = template.resources["UseTable"]["Properties"]["PolicyDocument"]["Statement"]
    statement["Action"].remove("dynamodb:PutItem")


def without_access_to_the_store(template: Template):
    del template.resources["AskOpenMemory"]


def without_the_stores_pepper(template: Template):
    del template.resources["OpenMemory"]["Properties"]["Environment"]["Variables"]["SECRETS_ARN"]


# Each with the suite that must fail.
MUTATIONS = {
    without_a_route: "test_system.py",
    without_a_policy: "test_system.py",
    without_a_variable: "test_system.py",
    without_a_permission: "test_system.py",
    without_partial_failures: "test_system.py",
    without_the_table: "test_default_store.py",
    without_writes_to_the_table: "test_default_store.py",
    without_access_to_the_store: "test_default_store.py",
    without_the_stores_pepper: "test_default_store.py",
}


# These tests deploy changed parameters. `./deploy` writes their hash beside the built code, but not beside
# a mutated template, so they would fail with every mutation.
WITHOUT_REDEPLOYMENT = "not update_in_place and not invalid_entry_of_settings"


def first_failure(mutation) -> str | None:
    """Returns the first test that fails with this mutation, or None."""
    with tempfile.TemporaryDirectory() as folder:
        template = Template.read(BUILT)
        mutation(template)
        for resource in template.resources.values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = str(BUILT.parent / resource["Properties"]["CodeUri"])
        path = Path(folder) / "template.yaml"
        template.write(path)
        command = [sys.executable, "-m", "pytest", "-c", str(HERE / "pytest.ini"), "-x", str(HERE / MUTATIONS[mutation])]
        command += ["-k", WITHOUT_REDEPLOYMENT]
        environment = dict(os.environ, ELAAOMS_BUILT_TEMPLATE=str(path))
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
        found = re.search(r"^(?:FAILED|ERROR) \S+::(\S+)", run.stdout, re.MULTILINE)
        return found[1] if run.returncode and found else None


def main() -> int:
    with ThreadPoolExecutor(len(MUTATIONS)) as pool:
        caught = list(pool.map(first_failure, MUTATIONS))
    for mutation, test in zip(MUTATIONS, caught):
        print(f"{mutation.__name__}: {'caught by ' + test if test else 'NOT CAUGHT'}")
    escaped = caught.count(None)
    print(f"{len(caught) - escaped} passed, {escaped} failed")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
