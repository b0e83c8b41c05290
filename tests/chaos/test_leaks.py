"""Promise 24: memory and descriptors stay where they are over a million requests of every kind."""

import json
import time

from chaos import BATCH, BODY, RECORD, Raw, chaos_server, full_only, get, post, scaled, wrk

CSV = ",".join(RECORD) + "\n" + ",".join(map(str, RECORD.values())) + "\n"
KINDS = [post(BODY), post(BATCH), post(json.dumps([RECORD] * 10)), post(BODY + "\n" + BODY + "\n", content_type="application/x-ndjson"),
         post(CSV * 1, content_type="text/csv"), post(BODY, "/predict?probabilities=false"), post(BODY, "/invocations"),
         post(json.dumps({"dataframe_records": [RECORD]}), "/invocations"), post("{", "/predict"), post("{}", "/predict"),
         post(json.dumps([RECORD, {}, RECORD])), post(json.dumps({**RECORD, "plan": "unheard of"})), post(json.dumps({**RECORD, "age": None})),
         post(BODY, content_type="image/png"), get("/v1/model"), get("/openapi.json"), get("/metrics"), get("/v2"), get("/readyz"),
         get("/nowhere"), get("/predict"), post(BODY, "/predict?model=none"), post(BODY, "/predict?x=y")]


def ask_everything(server, rounds):
    """Every kind of request in turn, over connections that are kept, and closed now and then."""
    for turn in range(rounds):
        with Raw(server.port) as client:
            for request in KINDS:
                status, answer = client.ask(request)
                assert status is not None and status < 500, (request[:200], answer[:200])
    return rounds * len(KINDS)


def test_every_kind_of_request(model, shows):
    rounds = scaled(40, 5_000)
    with chaos_server(model, "--threads", "1", "--pool-threads", "1") as server:
        warm_up = ask_everything(server, rounds // 4)
        memory, descriptors = server.resident_mb(), server.descriptors()
        samples = []
        asked = 0
        for _ in range(10):
            asked += ask_everything(server, rounds // 10)
            samples.append(server.resident_mb() - memory)
        time.sleep(0.2)
        assert server.descriptors() <= descriptors + 1
    shows(24, f"{asked:,} requests of {len(KINDS)} kinds, {warm_up:,} of them before: memory by tenths "
              f"{', '.join(f'{sample:+.2f}' for sample in samples)} MB; descriptors as before")
    assert samples[-1] < 1, samples


@full_only
def test_a_million_predictions(model, shows):
    with chaos_server(model, "--threads", "1", "--max-connections", "1000") as server:
        wrk(server, 5)
        ask_everything(server, 20)
        memory = server.resident_mb()
        asked, refused, samples = 0, 0, []
        while asked < 1_000_000:
            result = wrk(server, 4)
            asked += result["requests"]
            refused += result["wrong"] + result["broken"]
            samples.append(server.resident_mb() - memory)
    shows(24, f"{asked:,} predictions, {refused} refused or late: memory {', '.join(f'{sample:+.2f}' for sample in samples)} MB")
    assert refused < asked / 1000, "the server has a machine for itself, or nearly"
    assert samples[-1] < 1, samples
