"""The HTTP server of the stand-ins."""

from http.server import ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    # The default of 5 refuses connections when many functions start at once on a busy machine.
    request_queue_size = 128
