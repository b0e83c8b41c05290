"""Promise 25: no data race while models are swapped, predicted with and counted, by ThreadSanitizer.

`./dev chaos races` builds the program with it (build/tsan) and sets ARCHMLP_TSAN_BIN.
"""

import json
import os
import threading
import time
from pathlib import Path

import pytest
from chaos import BATCH, BODY, Raw, get, honest_clients, needs, post, scaled
from test_swap import TOKEN, Admin, Folder, token_file, two_models, version_of  # noqa: F401
import chaos

TSAN = os.environ.get("ARCHMLP_TSAN_BIN", "")


@pytest.fixture
def tsan(monkeypatch):
    if not TSAN or not Path(TSAN).exists():
        pytest.skip("needs the program built with ThreadSanitizer: ./dev chaos races")
    monkeypatch.setenv("TSAN_OPTIONS", "halt_on_error=0 exitcode=66 report_signal_unsafe=0")
    monkeypatch.setattr(chaos, "ARCHMLP", Path(TSAN))


def test_swap_predict_and_metrics(tsan, two_models, tmp_path, token_file, shows):  # noqa: F811
    folder = Folder(tmp_path / "models", two_models)
    seconds = scaled(10, 60)
    asked = {"metrics": 0, "swaps": 0, "batches": 0}
    ends = threading.Event()

    def repeat(name, request, port):
        with Raw(port) as client:
            while not ends.is_set():
                status, answer = client.ask(request)
                assert status in (200, 503), answer
                asked[name] += 1

    with chaos.chaos_server("--models", folder.path.parent, "--threads", "2", "--admin-port", "0", "--admin-token-file", token_file,
                            before=(needs("setarch", os.uname().machine, "-R", "true"), os.uname().machine, "-R")) as server:
        admin = Admin(server)
        threads = [threading.Thread(target=repeat, args=("metrics", get("/metrics"), server.port)),
                   threading.Thread(target=repeat, args=("batches", post(BATCH), server.port))]
        for thread in threads:
            thread.start()
        with honest_clients(server.port, 2, check=lambda status, head, body: status == 200) as honest:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                folder.add()
                admin.reload()
                folder.forget()
                asked["swaps"] += 1
                if asked["swaps"] % 5 == 0:
                    server.process.send_signal(1)
                if asked["swaps"] % 7 == 0:
                    split = {"split": {str(folder.version): 50, str(folder.version - 1): 50}, "shadow": {str(folder.version - 2): 50}}
                    admin.client.ask(post(json.dumps(split), "/admin/models/customers/traffic", f"Authorization: Bearer {TOKEN}\r\n"))
        ends.set()
        for thread in threads:
            thread.join(60)
        said = server.log()
    assert "ThreadSanitizer" not in said, said[:4000]
    shows(25, f"ThreadSanitizer: nothing, in {asked['swaps']:,} swaps, {sum(c.answered for c in honest):,} predictions, "
              f"{asked['batches']:,} batches, {asked['metrics']:,} looks at the metrics")
