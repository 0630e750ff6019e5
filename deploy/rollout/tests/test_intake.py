"""Who is believed, and what is refused in words."""

import time

import pytest
from conftest import TOKEN, digest, event

from rollout.config import Wrong, parse, repository_of
from rollout.signature import Refused, read_key, sign, verify

OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="

# As tests/unit/core/wire/signature_test.cpp has it: both ends of the wire agree.
ID, TIMESTAMP, BODY = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f", "1767225600", b'{"object_kind":"push","ref":"refs/heads/main"}'
SIGNATURE = "v1,gZ/5Zg5kcSTMyneAaD4k76GUcLt09z+abQasQlDjVuk="


def check(signature=SIGNATURE, timestamp=TIMESTAMP, now=1767225600, body=BODY, tokens=(TOKEN,)):
    headers = {"webhook-id": ID, "webhook-timestamp": timestamp, "webhook-signature": signature}
    return verify([read_key(token) for token in tokens], headers, body, now)


def test_the_vector_of_the_sender():
    assert sign(read_key(TOKEN), ID, TIMESTAMP, BODY) == SIGNATURE
    assert check() == ID


def test_any_key_and_any_signature_will_do():
    assert check(tokens=(OTHER, TOKEN))
    assert check(signature=f"v2,other v1,AAAA {SIGNATURE}")


@pytest.mark.parametrize("change", [
    {"body": BODY + b" "}, {"timestamp": "1767225601"}, {"tokens": (OTHER,)}, {"signature": "v1,"}, {"signature": ""}, {"timestamp": "soon"},
    {"timestamp": "²"}, {"now": 1767225600 + 301}, {"now": 1767225600 - 301}, {"signature": "v1,ü"},
])
def test_everything_else_is_refused(change):
    with pytest.raises(Refused):
        check(**change)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%%", "dGVzdA==", "whsec_dGVzdA==", "xwhsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="])
def test_what_is_no_key(text):
    with pytest.raises(ValueError, match="whsec_"):
        read_key(text)


def test_requests_are_judged_before_they_are_read(rollout):
    rollout.start()
    assert rollout.send(event("a"), token=OTHER)[0] == 401
    assert rollout.send(event("a"), now=time.time() - 1000)[0] == 401
    assert rollout.send(event("a"), webhook_signature="")[0] == 401
    assert rollout.send(b"no JSON", token=OTHER)[0] == 401
    assert rollout.state()["wish"] is None
    for secret in (TOKEN, digest("a")):
        assert secret not in rollout.log()


def test_what_is_no_event(rollout):
    rollout.start()
    no_time = event("a") | {"time": "now"}
    for body in (b"no JSON", b"[]", b"{}", b'{"type": "image.pushed"}', no_time, event("a", digests={"registry.example.com/team/web:1": "latest"})):
        assert rollout.send(body)[0] == 400, body
    assert rollout.send(b"x" * (1 << 21))[0] == 413
    assert rollout.ask("/hooks/slipway")[0] == 405
    assert rollout.send(event("a"))[0] == 202, "and it lives"


def test_names_of_images():
    assert repository_of("host:5000/team/web:1.0") == "host:5000/team/web"
    assert repository_of("host:5000/team/web") == "host:5000/team/web"


RELEASE = {"name": "web", "chart": "charts/web", "image": "host/web"}


@pytest.mark.parametrize(("change", "words"), [
    ({"listne": "x"}, "no key 'listne'"),
    ({"listen": "8080"}, "HOST:PORT"),
    ({"releases": []}, "'releases' are wanted"),
    ({"releases": [{"name": "web"}]}, "a release wants chart, image"),
    ({"releases": [RELEASE | {"image": "host/web:1"}]}, "has a tag or a digest"),
    ({"releases": [RELEASE, RELEASE]}, "the same name"),
    ({"releases": [RELEASE | {"name": "--debug"}]}, "no name of a release"),
    ({"releases": [RELEASE | {"timeout": "5m"}]}, "number of seconds"),
    ({"signing_key_files": ["/nowhere"]}, "/nowhere"),
])
def test_a_wrong_configuration_is_refused_in_words(change, words):
    with pytest.raises(Wrong, match=words):
        parse({"listen": "127.0.0.1:0", "state": "x", "signing_key_files": ["/dev/null"], "releases": [RELEASE]} | change)
