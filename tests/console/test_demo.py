"""`elaaoms-local demo --console` opens the console on the demo's data."""

import signal
import subprocess

from local import PROGRAM


def test_the_demo_opens_the_console_on_its_own_data(chromium):
    demo = subprocess.Popen([PROGRAM, "demo", "--console"], stdout=subprocess.PIPE, text=True)
    try:
        lines = (line.strip() for line in demo.stdout)
        url = next(line for line in lines if line.startswith("http://127.0.0.1:"))
        page = chromium.new_page()
        page.goto(url)
        page.get_by_role("row", name="Mira").get_by_role("link").first.click()
        assert page.locator("blockquote", has_text="Please use the organic chain oil").is_visible(), page.content()
        page.get_by_role("link", name="In the transcript").first.click()
        page.wait_for_url("**/calls/conv_demo_1#turn-*")
        page.go_back()
        assert page.get_by_role("link", name="Forget this caller…").is_visible()
        page.close()
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
