"""A system with a few calls, its console, and browsers that have entered it."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "emulator"), str(TESTS / "one_machine")]

from deployment import TOMAS, WITH_MARKUP, Console, Deployment  # noqa: E402

# A foreign name that leads to this machine, as in an attack by DNS rebinding.
FOREIGN_HOST = "rebound.example"
# Callers who may be one person.
SUGGESTED = ["+12025550171", "+12025550172"]
# How long to wait for an element. The pages have no scripts, so it is there or never comes.
MAX_WAIT_MS = 15_000


@pytest.fixture(scope="session")
def chromium():
    options = ["--no-sandbox", f"--host-resolver-rules=MAP {FOREIGN_HOST} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def deployment(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("deployment"))
    deployment.remember("first-call", TOMAS)
    deployment.remember("second-call", TOMAS)
    deployment.remember_markup()
    for number in SUGGESTED:
        deployment.remember_card(number, "Rosa Lindt")
    yield deployment
    deployment.stop()


@pytest.fixture(scope="session")
def console(deployment):
    """The console of the operator's command."""
    console = Console(deployment)
    yield console
    console.stop()


@pytest.fixture(scope="session")
def session(chromium, console):
    """The cookie of the session. The URL of the console works once."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(console.url)
    page.wait_for_url(f"{console.origin}/callers")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def problems():
    return []


@pytest.fixture
def page(chromium, console, session, problems) -> Page:
    """A page in the operator's browser. Fails on script errors, violations of the policy, and
    requests to other hosts."""
    context = chromium.new_context(storage_state=session, base_url=console.origin)
    page = context.new_page()
    page.set_default_timeout(MAX_WAIT_MS)
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: _expect_own_host(request.url, console.origin, problems))
    yield page
    context.close()
    assert problems == []


def _expect_own_host(url: str, origin: str, problems: list):
    if not url.startswith((origin, "data:")):
        problems.append(f"request to {url}")


@pytest.fixture
def caller(page, console) -> str:
    """The path of the first caller's page."""
    return path_of(page, TOMAS)


@pytest.fixture
def marked_up(page) -> str:
    """The path of the caller whose name is markup."""
    return path_of(page, WITH_MARKUP)


def path_of(page: Page, number: str) -> str:
    """Searches for a number, which opens the caller's page, and returns its path."""
    page.goto("/callers")
    page.get_by_label("Telephone number").fill(number)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/callers/*")
    return urlsplit(page.url).path
