"""Promise 12: clients that reset their connections leave nothing behind."""

import random

from chaos import BATCH, BODY, Raw, chaos_server, get, honest_clients, post, scaled
from support import wait_until

REQUEST = post(BODY)
WHOLE = [REQUEST, REQUEST * 20, post(BATCH), post(BATCH) + REQUEST, get("/v1/model") * 50]
PARTS = [b"", REQUEST[:1], REQUEST[:60], REQUEST[:-5], post(BATCH)[:50_000], b"\x16\x03\x01",
         b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"]


def reset_some(server, count, source):
    for _ in range(count):
        client = Raw(server.port)
        if source.random() < 0.5:
            client.send_all_that_is_taken(source.choice(PARTS))
        else:
            client.send_all_that_is_taken(source.choice(WHOLE))
            if source.random() < 0.5:
                client.part()  # some of the answer
        client.reset()


def is_at_rest(server, descriptors):
    """Clients that are gone leave their batches behind, which are predicted before anyone finds out."""
    return server.descriptors() <= descriptors and "\narchmlp_pool_queue 0\n" in server.metrics()


def test_resets(model, shows):
    count = scaled(500, 100_000)
    source = random.Random(1)
    with chaos_server(model, "--threads", "1") as server:
        reset_some(server, scaled(500, 20_000), source)
        server.close()
        wait_until(lambda: is_at_rest(server, 64))
        descriptors, memory = server.descriptors(), server.resident_mb()
        with honest_clients(server.port) as honest:
            reset_some(server, count, source)
        wait_until(lambda: is_at_rest(server, descriptors))
        grown = server.resident_mb() - memory
        assert server.is_well()
    shows(12, f"{count:,} resets amid heads, bodies, batches and answers: descriptors as before, memory {grown:+.1f} MB; "
              f"{sum(c.answered for c in honest):,} honest requests answered")
    assert grown < 8
