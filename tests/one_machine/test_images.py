"""The two images, built, started as docker-compose.yml says, called, asked to stop, and started again."""

import json
import shutil
import subprocess

import pytest
from compose import environment_file, read, run_flags
from engine import PROGRAMS, RUN, build, clean_up, client, docker, import_base, inspect
from local import SECRETS, ask, hang_up, name_of_the_caller, ring
from support.paths import ROOT, free_port
from support.waiting import until

SERVICES = {"elaaoms": "Dockerfile", "openmemory": "openmemory/Dockerfile"}
VARIABLES = environment_file(ROOT / "examples/one-machine/production.env") | {
    "POSTGRES_PASSWORD": "of-the-test",
    "OPENMEMORY_API_KEY": "key-of-the-store",
}
# Found healthy within a second instead of thirty.
SOON = ["--health-interval", "1s"]


@pytest.fixture(scope="module")
def services():
    return read((ROOT / "docker-compose.yml").read_text(), VARIABLES)["services"]


@pytest.fixture(scope="module")
def images():
    """Of programs that are compiled already: compiling in a container would take a quarter of an hour."""
    if client() is None:
        pytest.skip("no Docker engine with BuildKit answers here")
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
    docker("run", *common, *confined, *flags, *SOON, "--volume", f"{container}:/data", image)
    return container


def health(container: str) -> str:
    return inspect(container)["State"]["Health"]["Status"]


@pytest.fixture
def system(images, services, network):
    """Both, the one behind the other. OpenMemory keeps its memories in a file, because there is no PostgreSQL."""
    store = start("openmemory", images["openmemory"], services["openmemory"], network, "--env", "DATABASE_URL=sqlite:///data/m.db")
    until(lambda: health(store) == "healthy", 60, "OpenMemory is healthy")
    port = free_port()
    settings = SECRETS | {"OPENMEMORY_API_KEY": VARIABLES["OPENMEMORY_API_KEY"], "LOG_LEVEL": "DEBUG"}
    flags = [flag for name, value in settings.items() for flag in ("--env", f"{name}={value}")]
    front = start("elaaoms", images["elaaoms"], services["elaaoms"], network, "--publish", f"127.0.0.1:{port}:8000", *flags)
    yield front, store, f"http://127.0.0.1:{port}"
    docker("rm", "--force", "--volumes", front, store)


def test_images_are_small_and_run_as_nobody(images):
    for name, image in images.items():
        config = inspect(image)["Config"]
        assert config["User"] == "10001:10001", name
        assert config["Healthcheck"]["Test"][0] == "CMD", "the binary itself, without a shell"
        assert set(config["Volumes"]) == {"/data"}
        listed = docker("run", "--rm", "--entrypoint", "/bin/sh", image, check=False)
        assert listed.returncode == 127, "there is a shell"
        print(f"{name}: {inspect(image)['Size'] / 1e6:.0f} MB")


def test_a_call_is_remembered_in_containers_that_may_write_nowhere_else(system):
    front, store, base = system
    until(lambda: health(front) == "healthy", 60, "the system is healthy")
    assert ask(f"{base}/health").status == 200
    assert ring(base).json["dynamic_variables"]["caller_known"] == "false"
    assert hang_up(base).status == 200
    until(lambda: name_of_the_caller(base) == "Tomas", 60, "the call is remembered")
    # The mark that it is done comes after the card. Until then it is put back, and that job finds it done.
    until(lambda: missing(front) == 0, 60, "nothing is missing")
    for container in (front, store):
        state = inspect(container)
        assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["CapDrop"] == ["ALL"]
        docker("stop", "--time", "30", container)
        assert inspect(container)["State"]["ExitCode"] == 0, "it ends by itself when it is asked to"
        said = docker("logs", container)
        for private in ("Tomas", "2025550123", *SECRETS.values(), VARIABLES["OPENMEMORY_API_KEY"]):
            assert private not in said.stdout + said.stderr
    docker("start", store, front)
    until(lambda: answers(base), 60, "it starts again")
    assert name_of_the_caller(base) == "Tomas"


def test_a_store_that_is_gone_makes_it_unhealthy(system):
    front, store, base = system
    until(lambda: health(front) == "healthy", 60, "the system is healthy")
    docker("kill", store)
    # Docker asks three times before it says so.
    until(lambda: health(front) == "unhealthy", 60, "Docker says that it is unhealthy")
    report = inspect(front)["State"]["Health"]["Log"][-1]["Output"]
    assert "status 503" in report, report
    assert hang_up(base).status == 200, "calls are kept all the same"


def missing(front: str) -> int:
    """How many calls were never extracted, as the command in the image sees it."""
    replayed = docker("exec", front, "elaaoms", "replay", "--missing", "--data-dir", "/data", "--output", "json")
    counts = json.loads(replayed.stdout)
    assert sum(counts.values()) == 1, "the one call is found"
    return counts["put_back"]


def answers(base: str) -> bool:
    try:
        return ask(f"{base}/health").status == 200
    except OSError:
        return False
