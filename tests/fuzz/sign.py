"""Authenticates every request as ElevenLabs does, so that fuzzing reaches the code behind authentication.

ELAAOMS_FUZZ_HMAC_KEY and ELAAOMS_FUZZ_API_KEY hold the secrets of the program under test.
"""

import hashlib
import hmac
import os
import time

import requests
import schemathesis

HMAC_KEY = os.environ["ELAAOMS_FUZZ_HMAC_KEY"].encode()
API_KEY = os.environ["ELAAOMS_FUZZ_API_KEY"]


class Signature(requests.auth.AuthBase):
    """Adds the signature over the bytes that are sent, and the key of the read webhooks."""

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        stamp = str(int(time.time()))
        mac = hmac.new(HMAC_KEY, stamp.encode() + b"." + body, hashlib.sha256)
        request.headers["ElevenLabs-Signature"] = f"t={stamp},v0={mac.hexdigest()}"
        request.headers["x-api-key"] = API_KEY
        return request


schemathesis.auth.set_from_requests(Signature())
