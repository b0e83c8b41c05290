"""Promise 11: at three times what it can do, the server does what it can, refuses the rest with 503, and recovers at once."""

import os
import re
import threading
import time

from chaos import BATCH, BODY, OpenLoop, Raw, chaos_server, full_only, get, honest_clients, post, wrk


def rejected(server):
    """What /metrics counts as rejected."""
    _, text = Raw(server.port).ask(get("/metrics"))
    return sum(float(value) for value in re.findall(rb"^archmlp_requests_rejected_total\{[^}]*\} (\S+)", text, re.M))


def seconds_to_answer(server, request):
    begin = time.monotonic()
    status, _ = Raw(server.port).ask(request)
    return time.monotonic() - begin, status


def on_processor(number):
    """So that server and load do not take each other's place."""
    return ("taskset", "-c", str(sorted(os.sched_getaffinity(0))[number])) if len(os.sched_getaffinity(0)) > 1 else ()


@full_only
def test_small_requests(model, shows):
    with chaos_server(model, "--threads", "1", before=on_processor(0)) as server:
        for _ in range(5):  # the machine may have other work
            possible = wrk(server, 3, connections=64)["rate"]
            peak = OpenLoop(server, possible, 4, connections=64, before=on_processor(1)).report()["achieved_rate"]
            report = OpenLoop(server, 3 * peak, 4, connections=64, before=on_processor(1)).report()
            took, status = seconds_to_answer(server, post(BODY))
            if report["achieved_rate"] >= 0.9 * peak:
                break
        shows(11, f"{3 * peak:,.0f} requests/s are due, {peak:,.0f} are possible: {report['achieved_rate']:,.0f}/s "
                  f"answered ({report['achieved_rate'] / peak:.0%}); statuses {report['statuses']}; then {took * 1e3:.1f} ms")
        assert set(report["statuses"]) <= {"200", "503"} and report["failed"] == 0
        assert report["achieved_rate"] >= 0.9 * peak
        assert status == 200 and took < 1


@full_only
def test_batches(model, shows):
    """More batches than the pool takes: 503 at once, and small requests do not wait behind them. What is refused has to be
    read all the same, by the one processor that predicts the others."""
    with chaos_server(model, "--threads", "1", "--pool-threads", "1", before=on_processor(0)) as server:
        for _ in range(5):
            peak = wrk(server, 4, (BATCH, "/predict", "application/json"), connections=8)
            assert peak["wrong"] == peak["broken"] == 0
            with honest_clients(server.port, 1, pause=0.001) as honest:
                report = OpenLoop(server, 3 * peak["rate"], 4, BATCH, connections=300).report()
            took, status = seconds_to_answer(server, post(BATCH))
            if report["achieved_rate"] >= 2 / 3 * peak["rate"]:
                break
        shows(11, f"{3 * peak['rate']:,.0f} batches/s are due, {peak['rate']:,.0f} are possible: {report['achieved_rate']:,.0f}/s "
                  f"answered ({report['achieved_rate'] / peak['rate']:.0%}); statuses {report['statuses']}; {honest[0].answered:,} small "
                  f"requests beside them answered; then {took * 1e3:.0f} ms for a batch")
        assert set(report["statuses"]) <= {"200", "503"} and report["failed"] == 0
        assert report["achieved_rate"] >= 2 / 3 * peak["rate"]
        assert status == 200 and took < 1


def test_a_crowd_of_batches(model, shows):
    """Many batches at the same time: each is answered, or refused with 503 and when to come again."""
    with chaos_server(model, "--threads", "1", "--pool-threads", "1") as server:
        answers = []

        def ask():
            with Raw(server.port, timeout=60) as client:
                status, head, body = client.send(post(BATCH)).answer()
                answers.append((status, b"\r\nRetry-After: " in head, body.count(b'"prediction"')))

        threads = [threading.Thread(target=ask) for _ in range(150)]
        with honest_clients(server.port, 1) as honest:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for status, has_retry_after, rows in answers:
            assert (status, rows) == (200, 1000) or (status, has_retry_after) == (503, True)
        refused = sum(status == 503 for status, _, _ in answers)
        assert len(answers) == 150 and refused < 150
        assert refused == 0 or rejected(server) >= refused
        assert seconds_to_answer(server, post(BATCH))[1] == 200
    shows(11, f"150 batches of 1,000 rows at the same time: {150 - refused} answered whole, {refused} refused with 503 and Retry-After; "
              f"{honest[0].answered} small requests beside them answered")
