"""Promise 15: SIGTERM under load. Readiness turns 503, what was accepted is answered, and the program exits with 0 in time."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
from chaos import ARCHMLP, BATCH, BODY, RECORD, ChaosServer, Honest, Raw, get, post, scaled
from support import wait_until

GRACE = 5


def ended(server, grace=GRACE):
    """Seconds until it exited, with 0."""
    begin = time.monotonic()
    code = server.process.wait(timeout=grace + 10)
    took = time.monotonic() - begin
    assert code == 0, (code, server.log())
    server.stop()
    return took


def test_under_load(model, shows):
    rounds = scaled(2, 20)
    answered, slowest = 0, 0.0
    for _ in range(rounds):
        server = ChaosServer(model, "--threads", "2", "--grace", str(GRACE))
        clients = [Honest(server.port) for _ in range(6)] + [Honest(server.port, post(BATCH)) for _ in range(2)]
        for client in clients:
            client.start()
        wait_until(lambda: all(client.answered for client in clients))
        server.process.send_signal(signal.SIGTERM)
        slowest = max(slowest, ended(server))
        for client in clients:
            client.ends.set()
            client.join(30)
            # A connection may end between two requests, and never within an answer.
            cut = [(head, body) for status, head, body in client.wrong if status is not None or body]
            assert not cut, cut
            assert client.answered > 0
            answered += client.answered - len(client.wrong)
    shows(15, f"{rounds} times SIGTERM under load: exit 0 after at most {slowest:.2f} s; {answered:,} answers, each whole; 0 cut")
    assert slowest < GRACE


def test_accepted_requests_are_answered(model, shows):
    """A request of which the server has a part when the signal comes is answered, and says that it was the last."""
    server = ChaosServer(model, "--threads", "1", "--grace", "60")
    ready, busy, batch = Raw(server.port), Raw(server.port), Raw(server.port)
    request = post(BODY)
    busy.send(request[:-5])
    ready.send(get("/readyz")[:10])
    batch.send(post(json.dumps([RECORD] * 20_000)))
    idle = Raw(server.port)
    assert idle.ask(get("/livez"))[0] == 200
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    assert idle.is_closed_within(3)
    status, head, _ = ready.send(get("/readyz")[10:]).answer()
    assert status == 503 and b"\r\nConnection: close" in head
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)
    status, head, body = busy.send(request[-5:]).answer()
    assert status == 200 and b'"prediction"' in body and b"\r\nConnection: close" in head
    status, _, body = batch.answer()
    assert status == 200 and len(json.loads(body)) == 20_000
    took = ended(server)
    shows(15, f"SIGTERM amid requests: /readyz 503, half a request and a batch of 20,000 rows answered, new ones refused; exit 0 after {took:.2f} s")


def test_who_never_ends_is_left_behind(model):
    server = ChaosServer(model, "--threads", "1", "--grace", "1")
    stuck = [Raw(server.port).send(b"POST /predict HTTP/1.1\r\n") for _ in range(10)]
    time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    took = ended(server, 1)
    assert 0.5 < took < 6
    for client in stuck:
        client.close()


@pytest.mark.parametrize("signals", [[signal.SIGTERM] * 5, [signal.SIGINT], [signal.SIGTERM, signal.SIGINT], [signal.SIGHUP, signal.SIGTERM],
                                     [signal.SIGHUP] * 20 + [signal.SIGTERM]],
                         ids=lambda signals: "+".join(one.name for one in signals[:2]) + f" ({len(signals)})")
def test_signals(model, signals):
    server = ChaosServer(model, "--threads", "1", "--grace", "1")
    for one in signals:
        if server.process.poll() is None:
            server.process.send_signal(one)
    ended(server, 1)


def test_nobody_reads_what_it_says(model, tmp_path, shows):
    """The other end of standard output and error is gone, as a log collector that died: no reason to die, too."""
    read, write = os.pipe()
    process = subprocess.Popen([ARCHMLP, "serve", "--models", tmp_path, "--port", "0", "--threads", "1", "--watch", "0.1", "--access-log", "-"],
                               stdout=write, stderr=write, stdin=subprocess.DEVNULL)
    os.close(write)
    with open(read) as said:
        port = int(re.search(r"http://127.0.0.1:(\d+)", next(line for line in said if "http" in line)).group(1))
    for turn in range(20):  # each a line that nobody takes
        shutil.copyfile(model, tmp_path / f"customers{turn}.archmlp")
        time.sleep(0.02)
        assert Raw(port).ask(post(BODY, "/predict?model=customers0"))[0] in (200, 404)
    wait_until(lambda: Raw(port).ask(post(BODY, "/predict?model=customers0"))[0] == 200)
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=20) == 0
    shows(15, "standard output and error without a reader: it serves on")
