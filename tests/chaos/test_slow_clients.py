"""Promise 9: slow headers, slow bodies and slow readers are closed after a time-out, and honest clients feel nothing."""

import json
import subprocess
import threading
import time

import pytest
from chaos import BATCH, BODY, OpenLoop, Raw, chaos_server, full_only, honest_clients, needs, post, quantile, statuses
from support import wait_until

# A machine that stands still for a second must not make honest clients look idle.
TIMEOUTS = ("--read-timeout", "1", "--idle-timeout", "5", "--write-timeout", "1")


def closed(clients, seconds):
    """How many of them the server has closed by then."""
    deadline = time.monotonic() + seconds
    count = 0
    for client in clients:
        client.socket.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            client.to_the_end()
            count += 1
        except TimeoutError:
            pass
    return count


def test_slow_clients_are_closed(model, shows):
    with chaos_server(model, "--threads", "1", *TIMEOUTS) as server:
        rest = server.descriptors()
        idle = [Raw(server.port) for _ in range(20)]
        heads = [Raw(server.port).send(b"POST /predict HTTP/1.1\r\nHost: localhost\r\n") for _ in range(20)]
        bodies = [Raw(server.port).send(post(BODY)[:-5]) for _ in range(20)]
        chunks = [Raw(server.port).send(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n") for _ in range(20)]
        with honest_clients(server.port, pause=0.002) as honest:
            for _ in range(4):  # a byte now and then is not enough
                time.sleep(0.3)
                for client in heads:
                    client.send_all_that_is_taken(b"X: y\r\n")
                for client in bodies:
                    client.send_all_that_is_taken(b" ")
                for client in chunks:
                    client.send_all_that_is_taken(b"1\r\n \r\n")
            assert closed(idle, 7) == 20
            for clients in (heads, bodies, chunks):
                assert closed(clients, 3) == 20
                assert all(statuses(client.received) == [408] for client in clients)
        wait_until(lambda: server.descriptors() <= rest, 5)
    shows(9, f"80 slow clients with time-outs of 1 s (idle ones: 5 s): all closed, 60 with 408; {sum(c.answered for c in honest):,} honest "
             f"requests answered, p99 {quantile([t for c in honest for t in c.times], 0.99) * 1e3:.1f} ms")


def test_slow_readers_are_closed(model, shows):
    with chaos_server(model, "--threads", "1", *TIMEOUTS) as server:
        rest = server.descriptors()
        readers = []
        for _ in range(10):
            reader = Raw(server.port)
            for _ in range(40):  # more answers than the buffers of the system take
                reader.socket.setblocking(False)
                try:
                    reader.socket.send(post(BATCH))
                except BlockingIOError:
                    break
            readers.append(reader)
        with honest_clients(server.port, pause=0.002) as honest:
            wait_until(lambda: server.descriptors() <= rest + len(honest), 15)
        assert server.is_well()
    shows(9, f"10 clients that read nothing: closed; {sum(c.answered for c in honest):,} honest requests answered")


# slowhttptest's ways: headers, bodies, and reading a few bytes a second of many pipelined answers.
ATTACKS = {
    "headers": ["-H", "-i", "2", "-x", "24"],
    "bodies": ["-B", "-i", "2", "-s", "8192", "-t", "POST", "-x", "10", "-f", "application/json"],
    "reading": ["-X", "-k", "10", "-w", "512", "-y", "1024", "-n", "2", "-z", "32"],
}


class MostDescriptors(threading.Thread):
    """The most that the server has had open so far, beyond those at the beginning."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.rest, self.most, self.ends = server, server.descriptors(), 0, threading.Event()

    def run(self):
        while not self.ends.wait(0.1):
            self.most = max(self.most, self.server.descriptors() - self.rest)


def measure(server, seconds):
    report = OpenLoop(server, 1000, seconds).report()
    assert report["statuses"] == {"200": report["scheduled"]}, report
    return report["latency_ms"]


def is_well_served(before, during):
    """Of a few milliseconds the attacker takes its share as any other program on the machine does."""
    return during["p99"] < max(2 * before["p99"], 5)


@full_only
@pytest.mark.parametrize("attack", ATTACKS)
def test_slowhttptest(model, shows, attack):
    program = needs("slowhttptest")
    with chaos_server(model, "--threads", "1", "--read-timeout", "5", "--idle-timeout", "5", "--write-timeout", "5") as server:
        path = "/v1/model" if attack == "reading" else "/predict"
        rest = server.descriptors()
        most = 0
        for _ in range(3):  # the machine may have other work
            before = measure(server, 8)
            watch = MostDescriptors(server)
            watch.start()
            attacker = subprocess.Popen([program, *ATTACKS[attack], "-c", "1000", "-r", "500", "-l", "20", "-p", "3",
                                         "-u", f"http://127.0.0.1:{server.port}{path}"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            time.sleep(2)
            during = measure(server, 8)
            report, _ = attacker.communicate(timeout=120)
            wait_until(lambda: server.descriptors() <= rest, 15)
            watch.ends.set()
            watch.join()
            most = max(most, watch.most)
            if is_well_served(before, during):
                break
        shows(9, f"slowhttptest, {attack}: {most} slow connections at a time, all closed in the end; 1,000 honest requests/s all "
                 f"answered, p99 {before['p99']:.2f} ms before, {during['p99']:.2f} ms meanwhile")
        assert most > 200, report[-2000:]
        assert is_well_served(before, during), json.dumps([before, during])
        assert server.is_well()
