"""Promise 8: ambiguous framing is refused, and the bytes behind it are never taken for a request.

The rules are tested one by one in src/http/framing_test.cc; here the program answers, each case on a fresh connection,
behind a good request, and byte by byte.
"""

import pytest
from chaos import BODY, Raw, chaos_server, get, post, statuses

HOST = b"Host: localhost\r\n"
SMUGGLED = get("/livez")
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def server(model):
    with chaos_server(model) as running:
        yield running


# Each as (fields behind the request line, what follows the head).
AMBIGUOUS = {
    "unknown coding": (HOST + b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "gzip, chunked": (HOST + b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "chunked, identity": (HOST + b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    "chunked twice in one": (HOST + b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    "identity with a length": (HOST + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n", b"{}"),
    "two codings": (HOST + CHUNKED + CHUNKED, b"0\r\n\r\n"),
    "coding and length": (HOST + CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"),
    "length and coding": (HOST + b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n"),
    "folded coding": (HOST + b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    "folded field": (HOST + b"X: a\r\n\tb\r\nContent-Length: 2\r\n", b"{}"),
    "coding behind a vertical tab": (HOST + b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "coding in quotes": (HOST + b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"),
    "empty coding": (HOST + b"Transfer-Encoding:\r\nContent-Length: 2\r\n", b"{}"),
    "blank before the colon": (HOST + b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "length as a list": (HOST + b"Content-Length: 2, 2\r\n", b"{}"),
    "two lengths": (HOST + b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    "two unlike lengths": (HOST + b"Content-Length: 2\r\nContent-Length: 0\r\n", b"{}"),
    "length with a sign": (HOST + b"Content-Length: +2\r\n", b"{}"),
    "negative length": (HOST + b"Content-Length: -2\r\n", b"{}"),
    "hexadecimal length": (HOST + b"Content-Length: 0x2\r\n", b"{}"),
    "length with a blank inside": (HOST + b"Content-Length: 2 2\r\n", b"{}"),
    "empty length": (HOST + b"Content-Length:\r\n", b""),
    "no Host": (b"Content-Length: 2\r\n", b"{}"),
    "two Hosts": (HOST + b"Host: 127.0.0.1\r\nContent-Length: 2\r\n", b"{}"),
    "bare line feed": (HOST + b"X: y\nContent-Length: 2\r\n", b"{}"),
    "bare carriage return": (HOST + b"X: y\rContent-Length: 2\r\n", b"{}"),
    "NUL in a field": (HOST + b"X: \x00\r\nContent-Length: 2\r\n", b"{}"),
    "field without a colon": (HOST + b"X\r\nContent-Length: 2\r\n", b"{}"),
    "field without a name": (HOST + b": y\r\nContent-Length: 2\r\n", b"{}"),
    "blank before the first field": (b" X: y\r\n" + HOST + b"Content-Length: 2\r\n", b"{}"),
    "chunk size with a sign": (HOST + CHUNKED, b"+2\r\n{}\r\n0\r\n\r\n"),
    "chunk size in C's notation": (HOST + CHUNKED, b"0x2\r\n{}\r\n0\r\n\r\n"),
    "negative chunk size": (HOST + CHUNKED, b"-1\r\n{}\r\n0\r\n\r\n"),
    "no chunk size": (HOST + CHUNKED, b"\r\n{}\r\n0\r\n\r\n"),
    "chunk longer than it says": (HOST + CHUNKED, b"2\r\n{}x\r\n0\r\n\r\n"),
    "chunk ended by a line feed": (HOST + CHUNKED, b"2\r\n{}\n0\r\n\r\n"),
    "size ended by a line feed": (HOST + CHUNKED, b"2\n{}\r\n0\r\n\r\n"),
    "line feed in an extension": (HOST + CHUNKED, b"2;x\n\r\n{}\r\n0\r\n\r\n"),
}


def request(case, version=b"1.1"):
    fields, body = AMBIGUOUS[case]
    return b"POST /predict HTTP/" + version + b"\r\n" + fields + b"\r\n" + body + SMUGGLED


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_refused_alone(server, case):
    received = Raw(server.port).send_all_that_is_taken(request(case)).to_the_end()
    assert statuses(received) == [400], received
    assert b"\r\nConnection: close\r\n" in received
    assert b'{"error": {"code": "bad_request"' in received


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_refused_behind_a_good_request(server, case):
    received = Raw(server.port).send_all_that_is_taken(post(BODY) + request(case)).to_the_end()
    assert statuses(received) == [200, 400], received


def test_refused_byte_by_byte(server, shows):
    for case in AMBIGUOUS:
        with Raw(server.port) as client:
            for byte in request(case):
                client.send_all_that_is_taken(bytes([byte]))
            assert statuses(client.to_the_end()) == [400], case
    assert server.is_well()
    shows(8, f"{len(AMBIGUOUS)} ambiguous requests: each 400 and closed, alone, behind a good one and byte by byte; "
             "0 smuggled requests answered")


@pytest.mark.parametrize("wire", [
    b"Content-Length: 18446744073709551618\r\n\r\n{}", CHUNKED + b"\r\n10000000000000002\r\n{}\r\n0\r\n\r\n",
], ids=["length", "chunk"])
def test_sizes_that_wrap_round(server, wire):
    """2^64 + 2 is not 2."""
    received = Raw(server.port).send_all_that_is_taken(b"POST /predict HTTP/1.1\r\n" + HOST + wire + SMUGGLED).to_the_end()
    assert statuses(received) in ([400], [413]), received


@pytest.mark.parametrize("version, status", [(b"1.0", 400), (b"2.0", 505), (b"1.9", 505), (b"0.9", 505), (b"1.1 ", 400)])
def test_versions(server, version, status):
    """Chunked does not exist before 1.1, and other versions are another protocol."""
    wire = b"POST /predict HTTP/" + version + b"\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED
    received = Raw(server.port).send_all_that_is_taken(wire).to_the_end()
    assert len(statuses(received)) == 1 and statuses(received)[0] in (400, status), received


@pytest.mark.parametrize("junk", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 64,
    b"GET\r\n\r\n", b"GET /livez\r\n\r\n", b"GET  /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /livez HTTP/1.1 \r\nHost: localhost\r\n\r\n",
    b"G\x00T /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /li\x7fvez HTTP/1.1\r\nHost: localhost\r\n\r\n",
], ids=["TLS", "HTTP/2", "NULs", "a word", "HTTP/0.9", "two blanks", "blank at the end", "NUL in the method", "DEL in the path"])
def test_what_is_no_http(server, junk):
    with Raw(server.port, timeout=5) as client:
        client.send_all_that_is_taken(junk)
        received = client.to_the_end()
    assert statuses(received) in ([400], [505]), received
    assert server.is_well()


@pytest.mark.parametrize("size", [1_000, 20_000, 300_000])
def test_nothing_is_lost_behind_a_large_request(server, size):
    """Whoever answers it, what is pipelined behind it is answered too, and in order."""
    last = get("/livez", "Connection: close\r\n")
    for wire in (post(b" " * size), b"POST /predict HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n" + b"1\r\n \r\n" * size + b"0\r\n\r\n"):
        assert statuses(Raw(server.port).send(wire + last).to_the_end()) == [400, 200]
        assert statuses(Raw(server.port).send(wire + post(BODY) * 3 + wire + last).to_the_end()) == [400, 200, 200, 200, 400, 200]
