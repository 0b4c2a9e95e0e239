"""Ports for programs that cannot choose one themselves. As a program, prints a free port."""

import random
import socket

# Below the range from which Linux gives ports to outgoing connections
# (/proc/sys/net/ipv4/ip_local_port_range), so that none of these connections takes the port before
# the program binds it.
RANGE = range(20_000, 32_000)
_returned: set[int] = set()


def free_port() -> int:
    """Returns an unused port on 127.0.0.1, and each port only once."""
    for port in random.sample(RANGE, len(RANGE)):
        if port not in _returned and _is_free(port):
            _returned.add(port)
            return port
    raise AssertionError(f"no free port in {RANGE}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    print(free_port())
