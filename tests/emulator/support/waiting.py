"""Waits for a condition."""

import time


def until(condition, seconds: float, what: str, every: float = 0.3):
    """Calls `condition` until its result is true, and returns that result.

    Fails with `what` after `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)
