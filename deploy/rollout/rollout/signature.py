"""Standard Webhooks, as server/reports/webhook.cpp signs: HMAC-SHA256 over `id.timestamp.body`. https://www.standardwebhooks.com"""

import base64
import binascii
import hashlib
import hmac

TOLERANCE = 300  # seconds that the sender's clock may be away from ours


class Refused(Exception):
    """Why a request is not believed; holds nothing of the request."""


def read_key(text):
    """The key of `whsec_` and base64."""
    prefix, _, encoded = text.strip().partition("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if prefix or len(key) < 24:
        raise ValueError("a signing key is 'whsec_' and at least 24 bytes in base64")
    return key


def sign(key, identity, timestamp, body):
    mac = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def verify(keys, headers, body, now):
    """Returns the webhook's id. Any key and any of the signatures will do: both sides may be in the middle of a rotation."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not identity or not given or not (timestamp.isascii() and timestamp.isdigit()):
        raise Refused("webhook-id, webhook-timestamp and webhook-signature are wanted")
    fits = False
    for key in keys:
        wanted = sign(key, identity, timestamp, body).encode()
        for signature in given:
            fits |= hmac.compare_digest(wanted, signature.encode())
    if not fits:
        raise Refused("no signature fits: compare the signing key here with that of slipway's notification")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise Refused(f"the timestamp is more than {TOLERANCE} s away: compare the clocks")
    return identity
