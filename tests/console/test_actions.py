"""Every action of the console, as an operator does it."""

import json

import pytest
from conftest import path_of
from deployment import AGENT, TOMAS
from playwright.sync_api import expect
from support.elevenlabs import payload
from support.waiting import until

GUEST = "+12025550188"
SECOND = "+12025550166"
THIRD = "+12025550144"
LEAVER = "+12025550155"
NAMESAKES = ["+12025550133", "+12025550134"]
# The id, text and outline of the element with the focus.
FOCUSED = """() => {
    const element = document.activeElement
    return [element.id, element.innerText ?? '', getComputedStyle(element).outlineStyle]
}"""


def call_of(caller: str, conversation: str) -> dict:
    """Returns the event of a finished call."""
    event = json.loads(payload("first-call").replace(TOMAS.encode(), caller.encode()))
    event["data"]["conversation_id"] = conversation
    return event


def open_memory(page, path: str, content: str):
    """Opens the page on which the memory with this content is changed."""
    page.goto(path)
    item = page.locator("li.memory").filter(has_text=content)
    item.get_by_role("link", name="Change").click()


def add(page, path: str, content: str, pinned: bool = False):
    page.goto(path)
    page.get_by_text("Add a memory").click()
    page.get_by_label("One statement about the caller").fill(content)
    page.get_by_label("Agent", exact=True).fill(AGENT)
    if pinned:
        page.get_by_label("Pin it").check()
    page.get_by_role("button", name="Add").click()


def test_a_memory_is_added_and_pinned(page, caller, deployment):
    add(page, caller, "Is hard of hearing.", pinned=True)
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("li.memory").filter(has_text="Is hard of hearing.")).to_contain_text("pinned")
    assert "Is hard of hearing." in deployment.contents(TOMAS)
    assert deployment.audited()[-2:] == ["add", "show"]


def test_a_memory_is_corrected_and_the_earlier_one_stays_in_the_history(page, caller, deployment):
    add(page, caller, "Has two cats.")
    open_memory(page, caller, "Has two cats.")
    page.get_by_label("The correct statement").fill("Has three cats.")
    page.get_by_role("button", name="Correct").click()
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("Has two cats.")
    assert "Has three cats." in deployment.contents(TOMAS)
    assert "Has two cats." not in deployment.contents(TOMAS)
    assert "edit" in deployment.audited()


def test_importance_and_category_change(page, caller, deployment):
    add(page, caller, "Prefers mornings.")
    open_memory(page, caller, "Prefers mornings.")
    page.get_by_label("From 1 (trivial)").select_option("9")
    page.get_by_label("Category", exact=True).select_option("preference")
    page.get_by_role("button", name="Change").click()
    changed = page.locator("li.memory").filter(has_text="Prefers mornings.")
    expect(changed).to_contain_text("importance 9")
    expect(changed).to_contain_text("preference")


def test_a_pin_is_set_and_taken_back(page, caller):
    add(page, caller, "Speaks slowly.")
    for button, count in [("Pin", 1), ("Unpin", 0)]:
        open_memory(page, caller, "Speaks slowly.")
        page.get_by_role("button", name=button, exact=True).click()
        memory = page.locator("li.memory").filter(has_text="Speaks slowly.")
        expect(memory.locator(".pinned")).to_have_count(count)


def test_a_memory_is_deleted_only_with_a_confirmation(page, caller, deployment):
    add(page, caller, "Owns a red boat.")
    open_memory(page, caller, "Owns a red boat.")
    page.get_by_role("button", name="Delete this memory").click()
    # The browser keeps the form until the box is ticked.
    assert "Owns a red boat." in deployment.contents(TOMAS)
    page.get_by_label("This cannot be undone").check()
    page.get_by_role("button", name="Delete this memory").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert "Owns a red boat." not in deployment.contents(TOMAS)
    assert "delete" in deployment.audited()


def test_a_revealed_number_is_audited_and_shown_once(page, caller, deployment):
    page.goto(caller)
    page.get_by_role("button", name="Reveal the number").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TOMAS)
    assert "reveal" in deployment.audited()
    page.goto(caller)
    assert TOMAS not in page.content()


def test_a_call_is_extracted_again(page, deployment):
    page.goto("/calls/conv_5501tomas1first")
    page.get_by_role("button", name="Extract again").click()
    expect(page.get_by_role("status")).to_be_visible()
    until(lambda: list(deployment.data.rglob("conv_5501tomas1first.redo-*")), 60, "the call is extracted again")


def test_a_dead_letter_is_shown_with_its_reason_and_put_back(page, deployment):
    conversation = "conv_5501tomas2second"
    deployment.add_dead_letter(conversation, reason="the model refused it")
    page.goto("/queue")
    letters = page.get_by_role("region", name="Dead letters")
    expect(letters).to_contain_text(conversation)
    expect(letters).to_contain_text("the model refused it")
    page.get_by_role("button", name="Put all back into the queue").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(letters).to_contain_text("No job has failed for good.")
    assert "replay" in deployment.audited()


def test_a_forgotten_caller_leaves_nothing(page, deployment):
    deployment.end(call_of(GUEST, "conv_guest"))
    page.goto(path_of(page, GUEST))
    page.get_by_role("link", name="Forget this caller").click()
    page.get_by_role("button", name="Forget this caller").click()
    assert deployment.contents(GUEST), "the box is not ticked"
    page.get_by_label("This cannot be undone").check()
    page.get_by_role("button", name="Forget this caller").click()
    expect(page.get_by_role("status")).to_contain_text("Erased")
    assert deployment.contents(GUEST) == []
    assert deployment.audited()[-1] == "forget"
    page.goto("/calls")
    assert "conv_guest" not in page.content()


def test_two_numbers_become_one_person_and_two_again(page, deployment):
    deployment.end(call_of(SECOND, "conv_second"))
    page.goto(path_of(page, SECOND))
    person = page.get_by_role("region", name="Numbers and ids of this person")
    person.get_by_text("Link another number or id").click()
    person.get_by_label("Telephone number, or user:ID").fill(THIRD)
    person.get_by_label("They are one person").check()
    person.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    assert deployment.contents(THIRD) == deployment.contents(SECOND) != []
    person.locator("summary").filter(has_text="Unlink").click()
    person.get_by_label("What was told under this id moves back").check()
    person.get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert deployment.contents(THIRD) == []
    assert deployment.contents(SECOND) != []
    assert [action for action in deployment.audited() if action in ("link", "unlink")] == ["link", "unlink"]


def test_a_suggestion_names_its_reason_and_is_linked_only_with_a_confirmation(page, deployment):
    for number in NAMESAKES:
        deployment.remember_card(number, "Lena Marsh")
    path = path_of(page, NAMESAKES[0])
    page.get_by_role("link", name="Callers that may be the same person").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Callers that may be one person with")
    suggestion = page.locator("li.memory")
    expect(suggestion).to_have_count(1)
    expect(suggestion).to_contain_text("have the same full name")
    assert not any(number in page.content() for number in NAMESAKES)
    assert deployment.audited()[-1] == "suggest-links"
    suggestion.locator("summary").click()
    suggestion.get_by_role("button", name="Link", exact=True).click()
    # The browser keeps the form until the box is ticked.
    assert deployment.audited()[-1] == "suggest-links"
    suggestion.get_by_label("They are one person").check()
    suggestion.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    assert "link" in deployment.audited()[-2:]
    page.goto(f"{path}/suggestions")
    expect(page.locator(".empty")).to_have_text("There are no suggestions.")


def test_a_caller_who_opts_out_leaves_nothing_until_opting_in(page, deployment):
    deployment.end(call_of(LEAVER, "conv_leaver_1"))
    path_of(page, LEAVER)
    page.get_by_role("link", name="Do not remember").click()
    page.get_by_label("This cannot be undone").check()
    page.get_by_role("button", name="Do not remember this caller").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert deployment.contents(LEAVER) == []
    deployment.send_call(call_of(LEAVER, "conv_leaver_2"))
    assert not list(deployment.data.rglob("payloads/conv_leaver_2*"))
    path_of(page, LEAVER)
    page.get_by_role("button", name="Remember again").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert deployment.audited()[-1] == "opt-in"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_memory_is_corrected_with_the_keyboard_alone(page, caller, deployment, scheme):
    page.emulate_media(color_scheme=scheme)
    add(page, caller, f"Drives a {scheme} car.")
    page.goto("/callers")
    focus(page, "q")
    page.keyboard.type(TOMAS)
    press_enter(page)
    focus(page, "Change", lambda: described(page) == f"Drives a {scheme} car.")
    press_enter(page)
    focus(page, "statement")
    page.keyboard.press("Control+A")
    page.keyboard.type(f"Drives a {scheme} van.")
    page.keyboard.press("Tab")
    press_enter(page)
    assert f"Drives a {scheme} van." in deployment.contents(TOMAS)


def focus(page, wanted: str, accepts=lambda: True):
    """Presses Tab until the element with this id or text has the focus, which must be visible."""
    for _ in range(200):
        page.keyboard.press("Tab")
        identifier, text, outline = page.evaluate(FOCUSED)
        if wanted in (identifier, text) and accepts():
            assert outline != "none", f"the focus on {wanted} is invisible"
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def press_enter(page):
    """Submits the form or opens the link that has the focus."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def described(page) -> str:
    """Returns the text that describes the focused link."""
    return page.evaluate(
        "() => document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.innerText ?? ''"
    )
