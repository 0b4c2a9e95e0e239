"""The Docker engine of this machine, and images built without a registry."""

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import uuid
from functools import cache
from pathlib import Path

from support.paths import ROOT

# Prefix of everything that a run creates, so that it does not touch the operator's resources.
RUN = f"elaaoms-test-{uuid.uuid4().hex[:8]}"
PROGRAMS = Path(os.environ.get("IMAGE_PROGRAMS") or ROOT / "target" / "debug")
# System libraries that the programs may link to; distroless/cc has them too.
LIBRARIES = re.compile(r"^(linux-vdso|ld-linux|lib(c|m|gcc_s|stdc\+\+|pthread|dl|rt)\.so)")


@cache
def client() -> str | None:
    """Returns a Docker client that can build with BuildKit, if an engine responds."""
    folders = os.environ["PATH"].split(os.pathsep)
    for docker in filter(None, (shutil.which("docker", path=folder) for folder in folders)):
        version = subprocess.run([docker, "version", "--format", "{{.Client.Version}}"], capture_output=True, text=True)
        if version.returncode == 0:
            # Since version 23 the client needs buildx for BuildKit.
            is_old = int(version.stdout.split(".")[0]) < 23
            if is_old or subprocess.run([docker, "buildx", "version"], capture_output=True).returncode == 0:
                return docker
    return None


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    environment = os.environ | {"DOCKER_BUILDKIT": "1"}
    done = subprocess.run([client(), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"docker {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done


def inspect(name: str) -> dict:
    return json.loads(docker("inspect", name).stdout)[0]


def libraries(program: Path) -> list[Path]:
    """Returns the paths of the shared libraries that a program is linked with."""
    lines = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout.splitlines()
    names = [line.split()[0] for line in lines]
    unknown = [name for name in names if not LIBRARIES.match(Path(name).name)]
    assert unknown == [], f"{program.name} needs libraries that distroless/cc does not have: {unknown}"
    return [Path(word) for line in lines for word in line.split() if word.startswith("/")]


def import_base(programs: list[Path]) -> str:
    """Imports a base image with the libraries of these programs only: no shell, no users, no
    packages."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for library in sorted({library for program in programs for library in libraries(program)}):
            tar.add(library.resolve(), arcname=str(library))
    base = f"{RUN}-base"
    subprocess.run([client(), "import", "-", base], input=packed.getvalue(), check=True, capture_output=True)
    return base


def build(name: str, dockerfile: str, base: str) -> str:
    tag = f"{RUN}-{name}"
    docker("build", "--file", dockerfile, "--build-arg", "PROGRAMS=built", "--build-arg", f"RUN_BASE={base}", "--tag", tag, ".")
    return tag


def clean_up():
    """Removes what this run created, and nothing else."""
    named = ["--filter", f"name={RUN}"]
    for kind, listed in {
        "container": docker("ps", "--all", "--quiet", *named),
        "volume": docker("volume", "ls", "--quiet", *named),
        "network": docker("network", "ls", "--quiet", *named),
        "image": docker("images", "--quiet", "--filter", f"reference={RUN}-*"),
    }.items():
        if names := listed.stdout.split():
            docker(kind, "rm", "--force", *names) if kind != "network" else docker(kind, "rm", *names)
