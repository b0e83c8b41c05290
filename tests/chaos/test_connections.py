"""Promise 10: 10,000 idle connections cost little; without descriptors the server waits, and does not spin."""

import time

import pytest
from chaos import BODY, Raw, allow_many_descriptors, chaos_server, get, honest_clients, needs, post, quantile, scaled, statuses
from support import wait_until


def connect(server, count):
    """Connections that were of use once: a server may not treat them as strangers."""
    clients = [Raw(server.port) for _ in range(count)]
    for client in clients:
        client.send(get("/livez"))
    for client in clients:
        assert client.answer()[0] == 200
    return clients


def test_idle_connections(model, shows):
    count = scaled(500, 10_000)
    if allow_many_descriptors() < count + 100:
        pytest.skip(f"needs more than {count} descriptors: raise ulimit -n")
    with chaos_server(model, "--threads", "1", "--max-connections", "20000") as server:
        server.is_well()
        before = server.resident_mb()
        clients = connect(server, count)
        grown = server.resident_mb() - before
        begin = server.processor_seconds()
        time.sleep(2)
        idle = (server.processor_seconds() - begin) / 2
        with honest_clients(server.port) as honest:
            time.sleep(scaled(0.3, 3))
        for client in clients[:: max(count // 100, 1)]:
            assert client.ask(post(BODY))[0] == 200, "it is still of use"
        for client in clients:
            client.close()
        assert server.is_well()
    shows(10, f"{count:,} idle connections: memory +{grown:.1f} MB, {idle:.1%} of a processor; beside them "
              f"{sum(c.answered for c in honest):,} requests answered, p99 {quantile([t for c in honest for t in c.times], 0.99) * 1e3:.2f} ms")
    assert grown < 100 * count / 10_000 + 2
    assert idle < 0.1


def test_out_of_descriptors(model, shows):
    """`ulimit -n` reached: those that are open go on, the others wait or are turned away, and all is well afterwards."""
    limit = 64
    with chaos_server(model, "--threads", "1", before=(needs("prlimit"), f"--nofile={limit}:{limit}")) as server:
        old = Raw(server.port)
        assert old.ask(get("/livez"))[0] == 200
        crowd = [Raw(server.port) for _ in range(3 * limit)]  # which the system accepts
        time.sleep(0.3)
        begin = server.processor_seconds()
        time.sleep(1)
        busy = server.processor_seconds() - begin
        assert old.ask(post(BODY))[0] == 200
        for client in crowd:
            client.close()
        late = Raw(server.port, timeout=20)
        assert late.ask(post(BODY))[0] == 200
        assert server.is_well()
    shows(10, f"{3 * limit} connections with {limit} descriptors: {busy:.0%} of a processor at the limit; the open one goes on, "
              "and a new one is answered once there is room")
    assert busy < 0.3


def test_connection_cap(model, shows):
    with chaos_server(model, "--threads", "1", "--max-connections", "20") as server:
        clients = connect(server, 20)
        for _ in range(5):
            received = Raw(server.port, timeout=5).send_all_that_is_taken(get("/livez")).to_the_end()
            assert statuses(received) in ([], [503]), received
            assert not received or b"\r\nRetry-After: " in received
        assert all(client.ask(post(BODY))[0] == 200 for client in clients)
        clients[0].close()
        wait_until(lambda: statuses(Raw(server.port).send_all_that_is_taken(get("/livez", "Connection: close\r\n")).to_the_end()) == [200])
    shows(10, "--max-connections 20: the 21st is turned away, the 20 go on, and when one leaves there is room")
