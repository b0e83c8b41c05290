"""Promise 7: bodies, chunks, headers and batches beyond a limit are refused while they arrive, and memory stays flat."""

import gzip
import json
import threading
import time

import pytest
from chaos import BODY, RECORD, Raw, chaos_server, get, honest_clients, post, scaled, statuses

FLAT_MB = 64  # the limit of a body is 16 MiB, and it may be copied while it grows


@pytest.fixture(scope="module")
def server(model):
    with chaos_server(model, "--threads", "1") as running:
        running.is_well()
        yield running


def send_until_closed(port, head, part, most, end=b""):
    """Sends `part` until the server closes or `most` bytes are sent, then `end`: (bytes sent, what was answered). The
    server reads on for a moment behind its answer, so that a client which only writes gets to see it."""
    with Raw(port, timeout=60) as client:
        sent = 0
        client.send(head)
        try:
            while sent < most:
                client.socket.sendall(part)
                sent += len(part)
            client.socket.sendall(end)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return sent, client.to_the_end()


def test_declared_length(server, shows):
    """Refused before any of it comes."""
    before = server.resident_mb()
    for length in (16 * 2**20 + 1, 2 * 10**9, 2**63 - 1, 2**64 - 1):
        with Raw(server.port) as client:
            client.send(f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
            assert statuses(client.to_the_end()) in ([413], [400])
    grown = server.resident_mb() - before
    assert grown < 4
    shows(7, f"2 GB declared: 413 without waiting for them, memory +{grown:.1f} MB")


def test_many_declared_and_not_sent(server, shows):
    """What a client declares takes no memory before it comes."""
    count = scaled(200, 1000)
    before = server.resident_mb()
    clients = [Raw(server.port) for _ in range(count)]
    for client in clients:
        client.send(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n[")
    assert server.is_well()
    grown = server.resident_mb() - before
    assert grown < count * 0.1, f"{grown:.1f} MB"
    for client in clients:
        client.close()
    shows(7, f"{count} clients that declare 16 MiB and send one byte: memory +{grown:.1f} MB")


def test_endless_chunks(server, shows):
    most = scaled(40, 400) * 2**20
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent, received = send_until_closed(server.port, head, b"10000\r\n" + b" " * 65536 + b"\r\n", most)
    assert statuses(received) in ([413], []), received
    assert server.is_well()
    assert server.peak_mb() < server.resident_mb() + FLAT_MB
    shows(7, f"an endless chunked body: {statuses(received) or 'closed'} within {sent / 2**20:.0f} MiB, peak {server.peak_mb():.0f} MB")


def test_one_byte_chunks(server, shows):
    """Six bytes on the wire for each byte of the body."""
    count = scaled(500_000, 10_000_000)
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    begin = server.processor_seconds()
    with honest_clients(server.port) as honest:
        sent, received = send_until_closed(server.port, head, b"1\r\n \r\n" * 10_000, count * 6, b"0\r\n\r\n" + get("/livez", "Connection: close\r\n"))
    assert statuses(received) in ([400, 200], [413], []), received
    assert server.peak_mb() < server.resident_mb() + FLAT_MB
    shows(7, f"{count:,} chunks of one byte: {statuses(received) or 'closed'} after {sent / 6:,.0f}, "
             f"{server.processor_seconds() - begin:.1f} s of processor time with that of {sum(c.answered for c in honest):,} "
             f"requests of others, all answered; peak {server.peak_mb():.0f} MB")


def test_endless_extension_and_trailer(server):
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for start, part in ((b"2;", b"x" * 65536), (b"0\r\n", b"X: " + b"y" * 1000 + b"\r\n")):
        _, received = send_until_closed(server.port, head + start, part, scaled(30, 300) * 2**20)
        assert statuses(received) in ([400], [413], [431], []), received
    assert server.peak_mb() < server.resident_mb() + FLAT_MB


HEADERS = {"fields": b"X-Y: z\r\n" * 100, "long": b"x" * 65536, "cookies": b"Cookie: " + b"c" * 4000 + b"\r\n"}


@pytest.mark.parametrize("name", HEADERS)
def test_header_bomb(server, shows, name):
    most = scaled(1_000_000, 8_000_000)
    before = server.resident_mb()
    sent, received = send_until_closed(server.port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n", HEADERS[name], most)
    assert set(statuses(received)) <= {400, 431} and b"HTTP/1.1 200" not in received
    assert server.resident_mb() - before < 4
    assert server.is_well()
    shows(7, f"header without an end ({name}): {statuses(received) or 'closed'} within {sent:,} bytes")


def test_a_hundred_fields_are_enough(server):
    fields = "".join(f"X-{i}: y\r\n" for i in range(1000))
    assert Raw(server.port).ask(get("/livez", fields))[0] == 431


def test_long_target(server):
    assert Raw(server.port).ask(get("/" + "a" * 12_000))[0] == 404
    assert statuses(Raw(server.port).send_all_that_is_taken(get("/" + "a" * 100_000)).to_the_end()) in ([431], [414], [400])


def test_compressed_bodies(server, shows):
    """A gzip bomb is not unpacked: compressed bodies are refused."""
    size = scaled(5_000_000, 50_000_000)
    bomb = gzip.compress(b" " * size, 6)
    before = server.resident_mb()
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
        status, answer = Raw(server.port).ask(post(bomb, fields=f"Content-Encoding: {coding}\r\n"))
        assert status == 415, answer
    grown = server.resident_mb() - before
    assert grown < 8
    # Named as something else, it is broken JSON or a broken table.
    assert Raw(server.port).ask(post(bomb))[0] == 400
    assert Raw(server.port).ask(post(bomb, content_type="text/csv"))[0] in (400, 415, 422)
    assert server.resident_mb() - before < FLAT_MB
    shows(7, f"{size / 1e6:.0f} MB in {len(bomb):,} bytes of gzip: 415, memory +{grown:.1f} MB")


def test_too_many_rows(model, shows):
    with chaos_server(model, "--max-rows", "1000") as server:
        ask = Raw(server.port).ask
        line = BODY + "\n"
        header, cells = ",".join(RECORD), ",".join(map(str, RECORD.values()))
        for rows in (1000, 1001, 10_000):
            expected = 200 if rows <= 1000 else 413
            assert ask(post("[" + ",".join([BODY] * rows) + "]"))[0] == expected
            assert ask(post(line * rows, content_type="application/x-ndjson"))[0] == expected
            assert ask(post("\n".join([header] + [cells] * rows) + "\n", content_type="text/csv"))[0] == expected
        assert server.is_well()
    shows(7, "--max-rows 1000: 1,000 rows answered, 1,001 get 413, as JSON, JSON lines and CSV")


def test_rows_that_are_nothing(server, shows):
    """Many tiny records: none may cost much more than its bytes."""
    before, begin, size = server.resident_mb(), time.monotonic(), scaled(1 << 20, 16_000_000)
    for open_, part, close, kind in ((b"[", b"{},", b"{}]", "application/json"), (b"[", b"[],", b"[]]", "application/json"),
                                     (b"[", b"0,", b"0]", "application/json"), (b"", b"{}\n", b"", "application/x-ndjson"),
                                     (b"", b"1\n", b"", "text/csv"), (b"", b",", b"", "text/csv")):
        status, answer = Raw(server.port, timeout=120).ask(post(open_ + part * (size // len(part)) + close, content_type=kind))
        assert 400 <= status < 500, (status, answer[:200])
    assert server.is_well()
    peak = server.peak_mb() - before
    shows(7, f"{size / 1e6:.0f} MB of empty records, in six forms: 4xx, {time.monotonic() - begin:.1f} s for all, "
             f"peak {peak:.0f} MB above rest")
    assert peak < 100 + size / 1e6 * 40


def test_numbers_beyond_range(server):
    for text in ("1e999999999", "-1e999999999", "1" * 100_000, "0." + "0" * 100_000 + "1", "1" + "0" * 400, "NaN", "Infinity", "-0x1"):
        status, _ = Raw(server.port).ask(post(BODY.replace("30000.5", text)))
        assert status in (200, 400, 422), text
    for text in ("9223372036854775808", "-9223372036854775809", "1e400"):
        status, answer = Raw(server.port).ask(post(BODY.replace("9007199254740993", text)))
        assert status in (400, 422) and json.loads(answer)["error"]["where"], text


def test_limits_hold_together(server, shows):
    """All of it at once, and honest clients are answered."""
    wire = [b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\n\r\n",
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 50_000 + b"x",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Y: z\r\n" * 50_000,
            post(b"[" * 1_000_000), post(b'{"age":' * 100_000)]
    rounds = scaled(3, 40)

    def attack():
        for turn in range(rounds * len(wire)):
            with Raw(server.port) as client:
                received = client.send_all_that_is_taken(wire[turn % len(wire)]).answer()
                if received[0] is not None and not 400 <= received[0] < 500:
                    wrong.append(received)

    wrong = []
    with honest_clients(server.port) as honest:
        attackers = [threading.Thread(target=attack) for _ in range(4)]
        for attacker in attackers:
            attacker.start()
        for attacker in attackers:
            attacker.join()
    assert not wrong
    shows(7, f"{rounds * len(wire) * 4} bombs from four clients: {sum(c.answered for c in honest):,} honest requests, all answered")


# -- the other protocols

def tensor(name, shape, datatype, data):
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


TYPES = {"age": "INT64", "income": "FP64", "plan": "BYTES", "newsletter": "BOOL", "account": "INT64"}


def tensors(shape, values):
    """A request of V2 with every column; `values`: of one column, by the record's value."""
    return {"inputs": [tensor(name, shape, TYPES[name], values(RECORD[name])) for name in RECORD]}


HUGE = 2**63 - 1
HOSTILE_TENSORS = {
    "more elements than data": tensors([HUGE], lambda value: [value]),
    "a product that wraps round to 1": tensors([2**33 + 1, 2**33 - 1, 2**32], lambda value: [value]),
    "a product that wraps round to 0": tensors([2**32, 2**32], lambda value: []),
    "negative": tensors([-1], lambda value: [value]),
    "zero": tensors([0], lambda value: [value]),
    "a fraction": tensors([1.5], lambda value: [value]),
    "no shape": tensors([], lambda value: [value]),
    "a thousand dimensions": tensors([1] * 1000, lambda value: [value]),
    "a shape of texts": tensors(["1"], lambda value: [value]),
    "more data than elements": tensors([1], lambda value: [value] * 100_000),
    "a deep nest": {"inputs": [tensor(name, [1], TYPES[name], 0) for name in RECORD]},
    "the same input a thousand times": {"inputs": tensors([1], lambda value: [value])["inputs"] * 1000},
    "a hundred thousand outputs": {**tensors([1], lambda value: [value]), "outputs": [{"name": f"o{i}"} for i in range(100_000)]},
    "no inputs": {"inputs": []},
    "inputs of another type": {"inputs": {"age": 1}},
    "a long id": {**tensors([1], lambda value: [value]), "id": "x" * 4_000_000},
}


def test_hostile_tensors(server, shows):
    path = "/v2/models/" + json.loads(Raw(server.port).ask(get("/v1/model"))[1]).get("name", "model") + "/infer"
    assert Raw(server.port).ask(post(json.dumps(tensors([1], lambda value: [value])), path))[0] == 200, "the form is right"
    before = server.resident_mb()
    found = {}
    for name, request in HOSTILE_TENSORS.items():
        text = json.dumps(request)
        if name == "a deep nest":
            text = text.replace('"data": 0', '"data": ' + "[" * 100_000 + "]" * 100_000)
        status, answer = Raw(server.port).ask(post(text, path))
        assert status < 500 and (status != 200 or name == "a long id"), (name, status, answer[:300])
        found[status] = found.get(status, 0) + 1
    assert server.is_well() and server.resident_mb() - before < FLAT_MB
    shows(7, f"{len(HOSTILE_TENSORS)} hostile requests of V2: " + ", ".join(f"{count} x {status}" for status, count in sorted(found.items())))


def test_hostile_invocations(server, shows):
    """MLflow's forms: sides that do not fit each other, and much of nothing."""
    columns = list(RECORD)
    requests = {
        "rows of another width": {"dataframe_split": {"columns": columns, "data": [[1]] * 100_000}},
        "no columns": {"dataframe_split": {"columns": [], "data": [[]] * 100_000}},
        "the same column": {"dataframe_split": {"columns": ["age"] * 100_000, "data": [[1] * 100_000]}},
        "columns that are rows": {"dataframe_split": {"columns": [[]], "data": [[]]}},
        "empty records": {"dataframe_records": [{}] * 300_000},
        "columns of unlike lengths": {"inputs": {name: [1] * (i + 1) for i, name in enumerate(columns)}},
        "instances of nothing": {"instances": [[]] * 300_000},
        "two forms": {"dataframe_records": [RECORD], "instances": [RECORD]},
        "none": {},
    }
    before = server.resident_mb()
    for name, request in requests.items():
        status, answer = Raw(server.port).ask(post(json.dumps(request), "/invocations"))
        assert 400 <= status < 500, (name, status, answer[:300])
    assert server.is_well() and server.resident_mb() - before < FLAT_MB
    shows(7, f"{len(requests)} hostile requests of /invocations: 4xx")
