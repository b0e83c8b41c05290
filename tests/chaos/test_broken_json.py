"""Promise 6: broken JSON is a 400 that says where, JSON that is no record a 422, and nothing is ever a 5xx."""

import json
import random

import pytest
from chaos import BODY, RECORD, Raw, chaos_server, post, scaled
from support import shared


@pytest.fixture(scope="module")
def server(model):
    with chaos_server(model, "--threads", "1") as running:
        yield running


def error_of(body):
    error = json.loads(body)["error"]
    assert error["message"] and error["code"]
    return error


def suite(pattern):
    files = sorted(shared("JSONTestSuite/test_parsing").glob(pattern))
    assert len(files) > 30
    return files


def test_suite_of_what_is_none(server, shows):
    wrong = {}
    files = suite("n_*.json")
    for path in files:
        status, body = Raw(server.port).ask(post(path.read_bytes()))
        if status != 400 or b"not valid JSON" not in body:
            wrong[path.name] = (status, body)
    assert not wrong
    shows(6, f"JSONTestSuite: {len(files)} broken documents, each 400")


@pytest.mark.parametrize("pattern", ["y_*.json", "i_*.json"])
def test_suite_of_what_is_legal(server, pattern):
    """Judged as a record."""
    wrong = {}
    for path in suite(pattern):
        status, body = Raw(server.port).ask(post(path.read_bytes()))
        fine = status == 200 if path.read_text("latin-1").strip() == "[]" else 400 <= status < 500 and error_of(body)
        if not fine or (pattern.startswith("y") and b"not valid JSON" in body):
            wrong[path.name] = (status, body)
    assert not wrong


def test_deep_nesting(server, shows):
    for body in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"age":' * 100_000, '{"age":' * 100_000 + "1" + "}" * 100_000,
                 BODY.replace("41", "[" * 100_000 + "]" * 100_000), "[" * 1_000_000 + "{"):
        status, answer = Raw(server.port).ask(post(body))
        assert 400 <= status < 500, answer
    assert server.is_well()
    shows(6, "100,000 and 1,000,000 levels of nesting: 4xx")


def strict_json(text):
    """What RFC 8259 allows, by another parser."""
    def refuse(constant):
        raise ValueError(constant)
    try:
        json.loads(text.decode("utf-8", "strict"), parse_constant=refuse)
        return True
    except (ValueError, RecursionError):
        return False


def mutated(source):
    """The record with something done to its bytes."""
    text = bytearray(BODY.encode())
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(text))
        kind = source.randrange(5)
        if kind == 0:
            text[at] = source.choice(b'{}[]",:0123456789.eE+-tfnul\\/ \t\r\n\x00\x1f\x7f\x80\xc3\xff')
        elif kind == 1:
            del text[at]
        elif kind == 2:
            text[at:at] = source.choice([b",", b"{", b"}", b"[", b"]", b'"', b":", b"0", b"-", b"null", b"NaN", b"\\u0000", b"\\ud800", b"\xef\xbb\xbf",
                                         b"1e5", b"/**/", b"'", b"\xc3\xa9", b"\\x", b"01", b"1.", b".5", b"+1", b"\x0b"])
        elif kind == 3:
            text = text[:at]
        else:
            text[at:at] = text[at:at + source.randint(1, 20)]
        if not text:
            return b""
    return bytes(text)


def test_against_another_parser(server, shows):
    """The server and Python agree on what is JSON, mutation by mutation."""
    count = scaled(3_000, 200_000)
    source = random.Random(11)
    found = {}
    client = Raw(server.port)
    for _ in range(count):
        text = mutated(source)
        status, body = client.ask(post(text))
        assert status in (200, 400, 422), (text, status, body)
        is_broken = status == 400 and error_of(body)["code"] == "invalid_json"
        assert is_broken != strict_json(text) or not text.strip(), (text, body)
        found[status] = found.get(status, 0) + 1
    shows(6, f"{count:,} mutated records: what the server takes for JSON is what Python does; "
             + ", ".join(f"{status}: {number:,}" for status, number in sorted(found.items())))


def test_values_of_every_type_in_every_field(server):
    values = ["null", "true", "false", "0", "-0", "1.5", "1e308", "-1e308", "1e-320", "9223372036854775807", '""', '"x"', '"\\u0000"', '"\\ud83d\\ude00"',
              "[]", "{}", "[1]", '{"a": 1}', '"' + "y" * 100_000 + '"', '"NaN"', '"Infinity"']
    client = Raw(server.port)
    for name in RECORD:
        for value in values:
            members = [f'"{key}": {value if key == name else json.dumps(other)}' for key, other in RECORD.items()]
            status, body = client.ask(post("{" + ", ".join(members) + "}"))
            assert status in (200, 422), (name, value, body)
            if status == 422 and error_of(body)["code"] != "outside_population":
                assert name in error_of(body)["where"], (name, value, body)
