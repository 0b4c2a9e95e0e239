"""Checks which commands `./deploy` runs, with a `sam` that only records them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.paths import ROOT, SAMCONFIG

RECORDER = """#!/usr/bin/env bash
printf '%s\\n' "$@" '' >>sam.log
"""


@pytest.fixture
def project(tmp_path) -> Path:
    for name in ("deploy", "samconfig.toml", "template.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".aws-sam" / "build" / "Health").mkdir(parents=True)
    sam = tmp_path / "bin" / "sam"
    sam.parent.mkdir()
    sam.write_text(RECORDER)
    sam.chmod(0o755)
    return tmp_path


def deploy(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    (project / "sam.log").unlink(missing_ok=True)
    environment = dict(os.environ, PATH=f"{project / 'bin'}:/usr/bin:/bin")
    environment.pop("ELAAOMS_IS_BUILT", None)
    return subprocess.run([project / "deploy", *arguments], env=environment, capture_output=True, text=True)


def commands(project: Path) -> list[list[str]]:
    return [command.split("\n") for command in (project / "sam.log").read_text().strip("\n").split("\n\n")]


def parameters_hash(project: Path) -> str:
    return (project / ".aws-sam" / "build" / "Health" / "parameters").read_text()


def test_build_and_deployment_get_the_parameters_of_the_environment_and_of_the_command_line(project):
    assert deploy(project, "prod", "Architecture=arm64", "AlarmEmail=ops@example.com").returncode == 0
    build, deployment = commands(project)
    assert build[:2] == ["build", "--parallel"]
    assert deployment[:3] == ["deploy", "--config-env", "prod"]
    for command in (build, deployment):
        given = command[command.index("--parameter-overrides") + 1 :]
        assert "Stage=prod" in given
        assert given[-2:] == ["Architecture=arm64", "AlarmEmail=ops@example.com"]


def test_overrides_that_sam_wrote_as_one_string_stay_whole(project):
    guided = 'version = 0.1\n[default.deploy.parameters]\nstack_name = "elaaoms-dev"\nparameter_overrides = "Stage=\\"dev\\" Monitoring=\\"full\\""\n'
    (project / "samconfig.toml").write_text(guided)
    assert deploy(project, "default").returncode == 0
    assert commands(project)[1][-1] == 'Stage="dev" Monitoring="full"'


def test_an_environment_without_overrides_deploys_the_defaults(project):
    (project / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "elaaoms-dev"\n')
    assert deploy(project, "default").returncode == 0
    assert commands(project) == [["build", "--parallel"], ["deploy", "--config-env", "default"]]


@pytest.mark.parametrize(
    ("arguments", "message"), [(["pord"], 'no environment "pord"'), ([], "name an environment of samconfig.toml")]
)
def test_an_unknown_environment_deploys_nothing(project, arguments, message):
    ran = deploy(project, *arguments)
    assert ran.returncode != 0
    assert message in ran.stderr
    assert not (project / "sam.log").exists()


@pytest.mark.parametrize("override", ["PayloadRetentionDays=365", 'Stage=dev DeployOpenMemory="true"'])
def test_a_parameter_that_the_template_no_longer_has_deploys_nothing(project, override):
    ran = deploy(project, "default", override)
    assert ran.returncode != 0
    assert "has no parameter " + override.split()[-1].split("=")[0] in ran.stderr
    assert not (project / "sam.log").exists()


def test_settings_with_spaces_are_quoted_for_the_sam_cli(project):
    for settings, passed in (
        ("Settings=LLM_PRICES=m=1/2/0.1;LLM_VERIFY=true", "Settings=LLM_PRICES=m=1/2/0.1;LLM_VERIFY=true"),
        ("Settings=DEFAULT_GREETING=Hello there;LLM_VERIFY=true", 'Settings="DEFAULT_GREETING=Hello there;LLM_VERIFY=true"'),
        ("Settings='DEFAULT_GREETING=Hello there'", "Settings='DEFAULT_GREETING=Hello there'"),
    ):
        assert deploy(project, "default", settings).returncode == 0
        assert commands(project)[1][-1] == passed


def test_settings_of_several_lines_in_samconfig_stay_whole(project):
    several = '[default.deploy.parameters]\nstack_name = "e"\nparameter_overrides = ["Settings=\'A_B=Hello; you\\nLLM_VERIFY=true\'"]\n'
    (project / "samconfig.toml").write_text(several)
    assert deploy(project, "default").returncode == 0
    log = (project / "sam.log").read_text()
    assert log.endswith("Settings='A_B=Hello; you\nLLM_VERIFY=true'\n\n")


def test_a_stack_name_that_is_too_long_for_function_names_is_rejected(project):
    text = SAMCONFIG.read_text().replace("elaaoms-dev", "e" * 51)
    (project / "samconfig.toml").write_text(text)
    ran = deploy(project, "default")
    assert ran.returncode != 0
    assert "more than 48 characters" in ran.stderr


def test_new_versions_follow_parameters_template_and_again_but_nothing_else(project):
    hashes = []
    for arguments in (["prod"], ["prod"], ["prod", "Monitoring=full"], ["prod", "--again"]):
        assert deploy(project, *arguments).returncode == 0
        hashes.append(parameters_hash(project))
    with open(project / "template.yaml", "a") as template:
        template.write("# changed\n")
    assert deploy(project, "prod").returncode == 0
    hashes.append(parameters_hash(project))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_the_script_needs_no_newer_bash_than_that_of_macos():
    script = (ROOT / "deploy").read_text()
    assert "mapfile" not in script and "readarray" not in script and "python" not in script
