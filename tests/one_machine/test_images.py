"""Builds both images, runs them as docker-compose.yml does, calls them, stops them and starts them
again."""

import json
import shutil
import subprocess

import pytest
from compose import environment_file, read, run_flags
from engine import PROGRAMS, RUN, build, clean_up, client, docker, import_base, inspect
from local import PATIENT, SECRETS, request, end_call, caller_name, start_call
from support.paths import ROOT
from support.ports import free_port
from support.waiting import until

SERVICES = {"elaaoms": "Dockerfile", "openmemory": "openmemory/Dockerfile"}
VARIABLES = environment_file(ROOT / "examples/one-machine/production.env") | {
    "POSTGRES_PASSWORD": "test-secret",
    "OPENMEMORY_API_KEY": "key-of-the-store",
}
# Checks health every second instead of every thirty.
FAST_HEALTHCHECK = ["--health-interval", "1s"]


@pytest.fixture(scope="module")
def services():
    return read((ROOT / "docker-compose.yml").read_text(), VARIABLES)["services"]


@pytest.fixture(scope="module")
def images():
    """Builds the images from compiled programs: compiling in a container would take a quarter of an
    hour."""
    if client() is None:
        pytest.skip("there is no Docker engine with BuildKit")
    if not all((PROGRAMS / name).exists() for name in ("elaaoms", "elaaoms-local", "openmemory")):
        packages = ["-p", "elaaoms-cli", "-p", "elaaoms-local", "-p", "openmemory"]
        subprocess.run(["cargo", "build", "--quiet", *packages], cwd=ROOT, check=True)
    staged = ROOT / "target" / "image"
    staged.mkdir(parents=True, exist_ok=True)
    programs = [staged / name for name in ("elaaoms", "elaaoms-local", "openmemory")]
    for program in programs:
        shutil.copy(PROGRAMS / program.name, program)
        subprocess.run(["strip", program], check=True)
    try:
        base = import_base(programs)
        yield {name: build(name, dockerfile, base) for name, dockerfile in SERVICES.items()}
    finally:
        clean_up()
        shutil.rmtree(staged)


@pytest.fixture(scope="module")
def network(images):
    docker("network", "create", f"{RUN}-network")
    return f"{RUN}-network"


def start(name: str, image: str, service: dict, network: str, *flags: str) -> str:
    confined = run_flags(service)
    container = f"{RUN}-{name}"
    common = ["--detach", "--name", container, "--network", network, "--network-alias", name]
    docker("run", *common, *confined, *flags, *FAST_HEALTHCHECK, "--volume", f"{container}:/data", image)
    return container


def health(container: str) -> str:
    return inspect(container)["State"]["Health"]["Status"]


@pytest.fixture
def system(images, services, network):
    """Both, the one behind the other.

    OpenMemory keeps its memories in a file, because there is no PostgreSQL.
    """
    store = start("openmemory", images["openmemory"], services["openmemory"], network, "--env", "DATABASE_URL=sqlite:///data/m.db")
    until(lambda: health(store) == "healthy", 180, "OpenMemory is healthy")
    port = free_port()
    settings = SECRETS | PATIENT | {"OPENMEMORY_API_KEY": VARIABLES["OPENMEMORY_API_KEY"], "LOG_LEVEL": "DEBUG"}
    flags = [flag for name, value in settings.items() for flag in ("--env", f"{name}={value}")]
    front = start("elaaoms", images["elaaoms"], services["elaaoms"], network, "--publish", f"127.0.0.1:{port}:8000", *flags)
    yield front, store, f"http://127.0.0.1:{port}"
    docker("rm", "--force", "--volumes", front, store)


def test_images_are_small_and_run_without_privileges(images):
    for name, image in images.items():
        config = inspect(image)["Config"]
        assert config["User"] == "10001:10001", name
        assert config["Healthcheck"]["Test"][0] == "CMD", "the health check must run the binary without a shell"
        assert set(config["Volumes"]) == {"/data"}
        listed = docker("run", "--rm", "--entrypoint", "/bin/sh", image, check=False)
        assert listed.returncode == 127, "the image contains a shell"
        print(f"{name}: {inspect(image)['Size'] / 1e6:.0f} MB")


def test_a_call_is_remembered_in_read_only_containers(system):
    front, store, base = system
    until(lambda: health(front) == "healthy", 180, "the system is healthy")
    assert request(f"{base}/health").status == 200
    assert start_call(base).json["dynamic_variables"]["caller_known"] == "false"
    assert end_call(base).status == 200
    until(lambda: caller_name(base) == "Tomas", 180, "the call is remembered")
    # The record of completion is written after the card. Until then replay queues the call again.
    until(lambda: missing(front) == 0, 180, "no call is missing")
    for container in (front, store):
        state = inspect(container)
        assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["CapDrop"] == ["ALL"]
        docker("stop", "--time", "30", container)
        assert inspect(container)["State"]["ExitCode"] == 0, "it must stop by itself on SIGTERM"
        logs = docker("logs", container)
        for private in ("Tomas", "2025550123", *SECRETS.values(), VARIABLES["OPENMEMORY_API_KEY"]):
            assert private not in logs.stdout + logs.stderr
    docker("start", store, front)
    until(lambda: is_serving(base), 180, "the system starts again")
    until(lambda: caller_name(base) == "Tomas", 120, "the call is still remembered")


def test_a_stopped_store_makes_the_system_unhealthy(system):
    front, store, base = system
    until(lambda: health(front) == "healthy", 180, "the system is healthy")
    docker("kill", store)
    # Docker reports it after three failed checks.
    until(lambda: health(front) == "unhealthy", 180, "Docker reports the system as unhealthy")
    report = inspect(front)["State"]["Health"]["Log"][-1]["Output"]
    assert "status 503" in report, report
    assert end_call(base).status == 200, "calls must still be stored"


def missing(front: str) -> int:
    """Returns how many calls were never extracted, according to the command in the image."""
    replayed = docker("exec", front, "elaaoms", "replay", "--missing", "--data-dir", "/data", "--output", "json")
    counts = json.loads(replayed.stdout)
    assert sum(counts.values()) == 1, "replay must find exactly one call"
    return counts["put_back"]


def is_serving(base: str) -> bool:
    try:
        return request(f"{base}/health").status == 200
    except OSError:
        return False
