"""Checks the archive that `./package` writes for a deployment without Rust."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from support.paths import ROOT
from support.template import Template

FUNCTIONS = ("client-data", "search-memory", "do-not-remember", "post-call", "extraction", "health", "openmemory-function")


def pack(tmp_path: Path, architecture: str) -> Path:
    built = tmp_path / "lambda"
    for name in FUNCTIONS:
        (built / name).mkdir(parents=True)
        (built / name / "bootstrap").write_text(name)
    # The release builds archives instead.
    (built / "health" / "bootstrap").unlink()
    with zipfile.ZipFile(built / "health" / "bootstrap.zip", "w") as archive:
        archive.writestr("bootstrap", "health")
    archive = tmp_path / "elaaoms.tar.gz"
    subprocess.run([ROOT / "package", archive, architecture, built], check=True)
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path / "elaaoms"


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_an_archive_holds_every_function_where_the_template_expects_it(tmp_path, architecture):
    packed = pack(tmp_path, architecture)
    template = Template.read(packed / "template.yaml")
    assert template.document["Parameters"]["Architecture"]["Default"] == architecture
    code = [one["CodeUri"] for one in template.of_type("AWS::Serverless::Function").values()]
    programs = [packed / uri / "bootstrap" for uri in code]
    assert sorted(program.read_text() for program in programs) == sorted(FUNCTIONS)
    assert all(program.stat().st_mode & 0o111 for program in programs)
    assert (packed / "samconfig.toml").read_text() == (ROOT / "samconfig.toml").read_text()


def test_a_missing_function_is_an_error(tmp_path):
    (tmp_path / "lambda").mkdir()
    run = subprocess.run([ROOT / "package", tmp_path / "elaaoms.tar.gz", "x86_64", tmp_path / "lambda"])
    assert run.returncode != 0
    assert not (tmp_path / "elaaoms.tar.gz").exists()
