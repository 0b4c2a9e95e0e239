"""Waiting for what happens by itself."""

import time


def until(holds, seconds: float, what: str, every: float = 0.3):
    """The first true result of `holds`, or a failure that says what did not happen."""
    end = time.monotonic() + seconds
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)
