"""Every page: what it shows, on narrow and wide windows, in both colour schemes."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import MAX_WAIT_MS, path_of
from deployment import AGENT, TOMAS
from playwright.sync_api import expect

WIDTHS = [360, 1440]
SCHEMES = ["light", "dark"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def show_callers(page):
    page.goto("/callers")


def show_caller(page):
    page.goto(path_of(page, TOMAS))


def show_memory(page):
    show_caller(page)
    page.get_by_role("link", name="Change").first.click()


def show_forget(page):
    show_caller(page)
    page.get_by_role("link", name="Forget this caller").click()


def show_suggestions(page):
    page.goto("/callers/suggestions")


def show_calls(page):
    page.goto("/calls")


def show_call(page):
    page.goto("/calls/conv_5501tomas1first")


def ask(page, query="order number"):
    page.goto("/ask")
    page.get_by_label("Caller:").fill(TOMAS)
    page.get_by_label("Agent", exact=True).fill(AGENT)
    page.get_by_label("Query").fill(query)
    page.get_by_role("button", name="Ask").click()


def preview(page):
    page.goto("/greeting")
    page.get_by_label("Caller:").fill(TOMAS)
    page.get_by_label("Agent", exact=True).fill(AGENT)
    page.get_by_role("button", name="Preview").click()


def show_queue(page):
    page.goto("/queue")


def show_health(page):
    page.goto("/health")


def show_error(page):
    page.goto("/nowhere")


PAGES = [
    show_callers, show_caller, show_memory, show_forget, show_suggestions, show_calls, show_call, ask, preview, show_queue, show_health, show_error,
]  # fmt: skip


@pytest.fixture(params=PAGES, ids=lambda show: show.__name__)
def show(request):
    return request.param


def test_callers_are_found_by_number_and_by_name(page):
    path = path_of(page, TOMAS)
    page.goto("/callers")
    search(page, "omas")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.locator("tbody a").get_attribute("href") == path
    search(page, "nobody")
    expect(page.locator(".empty")).to_contain_text("No caller matches")


def search(page, query: str):
    page.get_by_label("Telephone number").fill(query)
    page.get_by_role("button", name="Search").click()


def test_a_caller_has_cards_memories_channels_and_calls(page):
    show_caller(page)
    expect(page.get_by_role("region", name="Caller cards")).to_contain_text("Tomas")
    memories = page.get_by_role("region", name="Memories")
    expect(memories).to_contain_text("GF-4410")
    expect(memories).to_contain_text("importance")
    expect(page.locator("main")).to_contain_text("Channels: phone")
    expect(page.get_by_role("region", name="Calls")).to_contain_text("extracted")
    page.get_by_role("region", name="Calls").get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Transcript")).to_be_visible()


def test_a_memory_leads_to_its_call(page):
    show_caller(page)
    page.get_by_role("link", name="In the transcript").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Call conv_5501tomas")
    expect(page.locator("main")).to_contain_text("Caller")


def test_the_agents_view_has_the_exact_response_and_the_parts_of_each_score(page):
    ask(page)
    expect(page.get_by_role("region", name="Response")).to_contain_text("GF-4410")
    expect(page.locator("pre")).to_contain_text('"searched_agents"')
    expect(page.locator("tbody tr").first).to_contain_text("total")
    expect(page.locator("tbody tr").first).to_contain_text("words")


def test_the_greeting_is_the_current_response(page):
    preview(page)
    expect(page.locator("pre")).to_contain_text("conversation_initiation_client_data")
    expect(page.locator("main")).to_contain_text("Tomas")


def test_queue_and_health_have_figures(page):
    show_queue(page)
    expect(page.locator("main")).to_contain_text("Dead letters")
    show_health(page)
    expect(page.locator("main")).to_contain_text("healthy")
    expect(page.get_by_role("img")).to_have_count(2)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_page_fits_and_is_accessible(chromium, console, session, show, width, scheme):
    # The policy of the pages would refuse the checking script.
    context = chromium.new_context(
        storage_state=session,
        base_url=console.origin,
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.set_default_timeout(MAX_WAIT_MS)
    show(page)
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{show.__name__}-{width}-{scheme}.png", full_page=True)
    context.close()
