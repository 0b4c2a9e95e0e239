"""Validates the example files with the programs that read them."""

import os
import re
import shutil
import subprocess

import pytest
from compose import environment_file, read, source_of
from support.paths import ROOT

EXAMPLES = ROOT / "examples" / "one-machine"
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SECRETS = {name: "test-secret" for name in ("POSTGRES_PASSWORD", "OPENMEMORY_API_KEY", "GRAFANA_ADMIN_PASSWORD")}
VARIABLES = environment_file(EXAMPLES / "production.env") | SECRETS


def test_the_compose_file_is_valid():
    document = read(COMPOSE, VARIABLES)
    for service in document["services"].values():
        for source in map(source_of, service.get("volumes", [])):
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
        build = service.get("build")
        dockerfile = build.get("dockerfile") if isinstance(build, dict) else "Dockerfile"
        assert build is None or (ROOT / dockerfile).is_file()
        is_public = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        assert not is_public or is_public == ["80:80", "443:443"], is_public


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("read_only: true", "read_only: perhaps"),
        ("depends_on:", "depend_on:"),
        ("{condition: service_healthy}", "{condition: service_fine}"),
        ("openmemory: {condition", "openmemry: {condition"),
        ('volumes: ["calls:/data"]', 'volumes: ["nothing:/data"]'),
        ("secrets: [openmemory-key]", "secrets: [other]"),
        ("stop_grace_period: 30s", "stop_grace_period: soon"),
        ("tmpfs: [/tmp]", "tmpfs: [/tmp"),
    ],
)
def test_a_mistake_in_the_compose_file_is_detected(right, wrong):
    assert right in COMPOSE
    with pytest.raises(Exception):
        read(COMPOSE.replace(right, wrong, 1), VARIABLES)


def test_compose_does_not_start_without_secrets():
    with pytest.raises(AssertionError, match="POSTGRES_PASSWORD"):
        read(COMPOSE, VARIABLES | {"POSTGRES_PASSWORD": ""})


def test_images_and_actions_are_pinned_by_digest():
    own = re.compile(r"elaaoms(-openmemory)?:\$\{VERSION:-latest\}")
    files = [ROOT / "docker-compose.yml", ROOT / "openmemory" / "compose.yaml"]
    images = [one for file in files for one in re.findall(r"^\s*image: (\S+)", file.read_text(), re.M)]
    files = [ROOT / "Dockerfile", ROOT / "openmemory" / "Dockerfile"]
    images += [one for file in files for one in re.findall(r"^ARG (?:BUILD|RUN)_BASE=(\S+)", file.read_text(), re.M)]
    assert len(images) > 12
    for image in images:
        assert own.fullmatch(image) or re.search(r"@sha256:[0-9a-f]{64}$", image), image
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    actions = [one for file in workflows for one in re.findall(r"uses: (\S+)", file.read_text())]
    assert len(actions) > 5
    for action in actions:
        assert re.search(r"@[0-9a-f]{40}$", action), action


def test_no_container_reaches_the_docker_engine():
    assert "docker.sock" not in COMPOSE


def test_compose_accepts_the_files(tmp_path):
    if not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("Docker Compose 2 is not installed")
    for file in ("docker-compose.yml", "openmemory/compose.yaml"):
        shutil.copy(ROOT / file, tmp_path)
    shutil.copy(EXAMPLES / "production.env", tmp_path / ".env")
    for file in ("docker-compose.yml", "compose.yaml"):
        command = ["docker", "compose", "--file", file, "--profile", "*", "config", "--quiet"]
        done = subprocess.run(command, cwd=tmp_path, env=os.environ | SECRETS, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_systemd_accepts_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    units = [unit for unit in EXAMPLES.iterdir() if unit.suffix in (".service", ".timer")]
    assert len(units) == 3, units
    for unit in units:
        # The programs are not installed here.
        text = re.sub(r"/usr/local/bin/elaaoms(-local)?", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in units)]
    done = analyze(verify, tmp_path)
    complaints = [line for line in done.stderr.splitlines() if "elaaoms" in line]
    assert done.returncode == 0 and complaints == [], done.stderr
    done = analyze(["systemd-analyze", "security", "--offline=true", "--threshold=20", "elaaoms.service"], tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_mistake_in_a_unit_is_detected(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    text = (EXAMPLES / "elaaoms.service").read_text().replace("/usr/local/bin/elaaoms-local", "/bin/true")
    (tmp_path / "elaaoms.service").write_text(text.replace("ProtectSystem=strict", "ProtectSytem=strict"))
    assert "ProtectSytem" in analyze(["systemd-analyze", "verify", "--man=no", str(tmp_path / "elaaoms.service")], tmp_path).stderr


def analyze(command: list[str], units) -> subprocess.CompletedProcess:
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    return subprocess.run(command, cwd=units, env=environment, capture_output=True, text=True)
