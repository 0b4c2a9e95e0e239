"""Who can see and change what the console shows."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import FOREIGN_HOST
from deployment import TOMAS

ACTIONS = ["edit", "pin", "correct", "delete", "add", "forget", "reveal"]


@pytest.fixture
def stranger(chromium):
    """A browser that has not entered the console."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def hostile(chromium, session):
    """A page of another program on this machine, in the operator's browser."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>hostile</title>")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context(storage_state=session)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    yield page
    context.close()
    server.shutdown()


def test_the_url_works_only_once(stranger, console, session):
    response = stranger.goto(console.url)
    assert response.status == 403
    assert stranger.context.cookies() == []


def test_a_browser_without_the_session_sees_no_page(stranger, console):
    for path in ["/callers", "/calls", "/ask", "/greeting", "/queue", "/health", "/callers/0"]:
        response = stranger.goto(console.origin + path)
        assert response.status in (401, 403), path
        assert TOMAS not in stranger.content()


def test_a_hostile_page_reads_nothing(hostile, console, caller):
    read = """async (url) => {
        try { return await (await fetch(url, {credentials: 'include'})).text() } catch (error) { return null }
    }"""
    assert hostile.evaluate(read, f"{console.origin}{caller}") is None
    frame = """(url) => new Promise((done) => {
        const frame = document.createElement('iframe')
        frame.onload = () => { try { done(frame.contentDocument.body.innerText) } catch (error) { done(null) } }
        frame.src = url
        document.body.append(frame)
    })"""
    assert not hostile.evaluate(frame, f"{console.origin}{caller}")


def test_a_hostile_page_changes_nothing(hostile, console, deployment, caller):
    before = deployment.export()["memories"]
    actions = deployment.audited()
    post = """async ([url, body]) => {
        const options = {method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams(body)}
        try { await fetch(url, options) } catch (error) { }
    }"""
    submit = """([url, body]) => {
        const form = document.createElement('form')
        form.method = 'post'
        form.action = url
        for (const [name, value] of Object.entries(body)) {
            const field = document.createElement('input')
            field.name = name
            field.value = value
            form.append(field)
        }
        document.body.append(form)
        form.submit()
    }"""
    start = hostile.url
    for action in ACTIONS:
        body = {"id": before[0]["memory_id"], "content": "Hostile", "confirm": "yes", "csrf": "guess"}
        hostile.evaluate(post, [f"{console.origin}{caller}/{action}", body])
        with hostile.expect_navigation() as navigation:
            hostile.evaluate(submit, [f"{console.origin}{caller}/{action}", body])
        assert navigation.value.status == 403, action
        hostile.goto(start)
    assert deployment.export()["memories"] == before
    assert deployment.audited() == actions


def test_a_foreign_name_for_this_machine_reaches_nothing(chromium, console, session):
    port = console.origin.rsplit(":")[-1]
    context = chromium.new_context(storage_state=session)
    page = context.new_page()
    response = page.goto(f"http://{FOREIGN_HOST}:{port}/callers")
    assert response.status in (400, 403, 421)
    context.close()


def test_pages_are_not_cached_and_no_url_has_a_number(page, console, caller):
    response = page.goto(caller)
    assert response.headers["cache-control"] == "no-store"
    for link in page.locator("a").all():
        assert TOMAS.strip("+") not in link.get_attribute("href")
    assert TOMAS not in page.content()


def test_markup_in_names_and_memories_is_shown_as_text(page, marked_up):
    for path in ["/callers", marked_up]:
        page.goto(path)
        assert page.locator("img").count() == 0
        assert page.title() != "hacked"
        assert "<img src=x" in page.locator("main").inner_text()
