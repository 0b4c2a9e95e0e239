"""Ten thousand callers, one of them with two thousand memories."""

import datetime
import uuid
from urllib.parse import urlsplit

import pytest
from conftest import Console, Deployment
from deployment import AGENT

CALLERS = 10_000
MEMORIES = 2_000
LARGE = "+12025550199"
MAX_BYTES = 100_000
NOW = datetime.datetime.now(datetime.timezone.utc).isoformat()


def memory(caller: str, number: int) -> dict:
    content = f"Ordered parcel {number} with the blue ribbon and asked for delivery before noon at the side door."
    return {
        "memory_id": f"mem_{uuid.uuid4()}",
        "agent_id": AGENT,
        "caller_id": caller,
        "content": content,
        "metadata": {"category": "factual", "channel": "phone"},
        "importance": 1 + number % 10,
        "reinforcement_count": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "happened_at": NOW,
        "superseded_by": None,
        "superseded_at": None,
    }


def card(caller: str, number: int) -> dict:
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    return {
        "agent_id": AGENT,
        "caller_id": caller,
        "profile_data": {"caller_name": f"Name {number}", "greeting": "Hello!"},
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": tomorrow.isoformat(),
    }


@pytest.fixture(scope="module")
def large(tmp_path_factory, chromium):
    """A page in a console of many callers."""
    deployment = Deployment(tmp_path_factory.mktemp("large"))
    callers = [f"+1202600{number:04}" for number in range(CALLERS)]
    document = deployment.export()
    for start in range(0, CALLERS, 2_000):
        part = range(start, start + 2_000)
        document["memories"] = [memory(callers[number], number) for number in part]
        document["profiles"] = [card(callers[number], number) for number in part]
        deployment.send("/api/v1/import", document)
    document["profiles"] = [card(LARGE, CALLERS)]
    document["memories"] = [memory(LARGE, number) for number in range(MEMORIES)]
    deployment.send("/api/v1/import", document)
    console = Console(deployment)
    context = chromium.new_context(base_url=console.origin)
    page = context.new_page()
    page.goto(console.url)
    page.wait_for_url(f"{console.origin}/callers")
    yield page
    context.close()
    console.stop()
    deployment.stop()


def follow_pages(page) -> int:
    """Opens the next page until there is none, and returns the number of pages."""
    count = 1
    while (following := page.locator("[rel=next]")).count():
        following.first.click()
        count += 1
    return count


def search(page, query: str):
    page.goto("/callers")
    page.get_by_label("Telephone number").fill(query)
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.get_by_role("button", name="Search").click()
    return answer.value


def measured(what: str, load) -> int:
    """Loads a page ten times, prints the times to the first byte, and returns the page's size."""
    times, size = [], 0
    for _ in range(10):
        response = load()
        size = len(response.body())
        timing = response.request.timing
        times.append(timing["responseStart"] - timing["requestStart"])
    times.sort()
    print(f"{what}: first byte {times[5]:.0f} ms at the median, {times[-1]:.0f} ms at most; {size:,} bytes")
    return size


def test_pages_stay_small_with_many_callers_and_memories(large, capsys):
    page = large
    search(page, LARGE)
    path = urlsplit(page.url).path
    with capsys.disabled():
        print()
        sizes = [
            measured("callers", lambda: page.goto("/callers")),
            measured("search by name", lambda: search(page, "Name 9999")),
            measured("a caller with 2,000 memories", lambda: page.goto(path)),
            measured("its page 40", lambda: page.goto(f"{path}?page=40")),
            measured("calls", lambda: page.goto("/calls")),
            measured("health", lambda: page.goto("/health")),
        ]
    assert max(sizes) <= MAX_BYTES


def test_every_memory_of_a_large_caller_is_on_some_page(large):
    search(large, LARGE)
    assert follow_pages(large) == MEMORIES / 50


def test_every_caller_is_on_some_page(large):
    large.goto("/callers")
    assert follow_pages(large) == -(-(CALLERS + 1) // 50)
