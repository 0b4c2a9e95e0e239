"""Waits for a condition.

The limits are far longer than needed, because a busy machine is slow. They cost nothing when tests pass.
"""

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


def until_passes(check, seconds: float = 120, every: float = 1):
    """Calls `check` until none of its assertions fails, and returns its result.

    Raises the last failure after `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(every)
