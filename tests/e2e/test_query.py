"""`archmlp query`: a running server is asked from the command line, and what goes wrong is said with what to do."""

import contextlib
import json
import socket
import subprocess
import threading

import pytest
from support import ARCHMLP, FILES, INVALID, USAGE, read_rows, run, serving

RECORD = {"age": 41, "income": 30000.5, "plan": "pro", "newsletter": True, "account": 9007199254740993}
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def server(trained):
    with serving(trained / "out/model.archmlp") as running:
        yield running


@pytest.fixture
def url(server):
    return f"http://{server.host}:{server.port}"


def record_file(folder, name="record.json", **changes):
    path = folder / name
    path.write_text(json.dumps({**RECORD, **changes}))
    return path


def parts(line):
    """(prediction, {class: probability}) of a line."""
    prediction, probabilities = line.split("\t")
    return prediction, {name: float(value) for name, value in (part.split(": ") for part in probabilities.split(", "))}


def error(*arguments, expect, **options):
    result = run("query", *arguments, expect=expect, **options)
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


# -- what it prints

def test_a_record(server, url, tmp_path):
    answer = json.loads(server.predict(json.dumps(RECORD))[1])
    shown = run("query", url, record_file(tmp_path)).stdout
    assert shown.endswith("\n") and shown.count("\n") == 1
    prediction, probabilities = parts(shown.strip())
    assert prediction == answer["prediction"] and probabilities == answer["probabilities"]
    assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)


def test_addresses_as_people_write_them(server, url, tmp_path):
    record = record_file(tmp_path)
    shown = run("query", url, record).stdout
    host = f"{server.host}:{server.port}"
    for other in (host, f"localhost:{server.port}", f"{url}/", f"{url}/predict", f"{host}/predict?features=raw"):
        assert run("query", other, record).stdout == shown, other


def test_json_is_the_servers_own(server, url, tmp_path):
    body = json.dumps([RECORD, RECORD])
    (tmp_path / "records.json").write_text(body)
    assert run("query", url, tmp_path / "records.json", "--json").stdout.strip() == server.predict(body)[1].strip()
    assert run("query", url, "-", "--json", text=body).stdout.strip() == server.predict(body)[1].strip()


def test_every_format_gives_the_same_lines(url, trained, tmp_path):
    header, rows = read_rows(trained / "test_rows.csv")
    keys = [header.index(name) for name in ("age", "income", "plan", "newsletter", "account")]
    records = [{name: json.loads(row[key]) if name != "plan" else row[key] or None
                for name, key in zip(RECORD, keys) if row[key] or name == "plan"} | ({"age": None} if not row[keys[0]] else {})
               for row in rows[:20]]
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "a.txt").write_bytes((tmp_path / "a.jsonl").read_bytes())
    shown = run("query", url, tmp_path / "a.json").stdout
    assert len(shown.splitlines()) == 20
    assert run("query", url, tmp_path / "a.jsonl").stdout == shown
    assert run("query", url, tmp_path / "a.txt", "--format", "jsonl").stdout == shown
    assert run("query", url, trained / "test_rows.csv").stdout.splitlines()[:20] == shown.splitlines()


def test_prepared_records(url, trained):
    x_test = trained / "out/prepared/x_test.csv"
    shown = run("query", url, x_test, "--features", "prepared").stdout
    assert shown == run("query", url, trained / "test_rows.csv").stdout


def test_a_value_that_training_never_saw_is_told(url, tmp_path):
    result = run("query", url, record_file(tmp_path, plan="unheard of"))
    assert parts(result.stdout.strip()) and result.stderr.startswith("note: 1 record has a value in \"plan\"")


def test_refused_rows_stand_in_their_place(url, tmp_path):
    bad = {key: value for key, value in RECORD.items() if key != "income"}
    (tmp_path / "mixed.json").write_text(json.dumps([RECORD, bad, RECORD]))
    result = run("query", url, tmp_path / "mixed.json", expect=INVALID)
    first, second, third = result.stdout.splitlines()
    assert parts(first) == parts(third)
    assert second.startswith("error: [1]") and "income" in second
    assert "mixed.json: 1 of 3 records was refused" in result.stderr
    result = run("query", url, tmp_path / "mixed.json", "--json", expect=INVALID)
    assert "error" in json.loads(result.stdout)[1]
    assert "1 of 3" in json.loads(result.stderr)["error"]["message"]


# -- what goes wrong

def test_the_servers_errors_are_said(url, tmp_path):
    shown = error(url, record_file(tmp_path, incme=1), expect=INVALID)
    assert "record.json: incme: " in shown and 'did you mean "income"?' in shown
    (tmp_path / "broken.json").write_text('{"age": ')
    assert "broken.json" in error(url, tmp_path / "broken.json", expect=INVALID)
    assert "income > 4000" in error(url, record_file(tmp_path, income=1.0), expect=INVALID)
    assert "standard input" in error(url, "-", text="[3", expect=INVALID)
    as_json = json.loads(run("query", url, record_file(tmp_path, incme=1), "--json", expect=INVALID).stderr)
    assert as_json["error"]["hint"] == 'did you mean "income"?'


def test_models_that_are_not_there(url, tmp_path):
    record = record_file(tmp_path)
    assert "modle" in error(url, record, "--model", "modle", expect=FILES)
    assert '"model"' in error(url, record, "--model", "modle", expect=FILES)
    assert "99" in error(url, record, "--model", "model", "--model-version", "99", expect=FILES)
    assert run("query", url, record, "--model", "model", "--model-version", "1").stdout
    assert "/predct" in error(f"{url}/predct", record, expect=FILES)


def test_nobody_there(tmp_path):
    record = record_file(tmp_path)
    shown = error(f"127.0.0.1:{free_port()}", record, expect=FILES)
    assert "nothing listens there" in shown and "archmlp serve" in shown
    assert "--timeout" not in shown
    shown = error("http://no-such-host.invalid:5000", record, expect=FILES)
    assert "no-such-host.invalid" in shown and "not known" in shown


def test_wrong_calls(url, tmp_path):
    record = record_file(tmp_path)
    assert "neither http nor https" in error("ftp://127.0.0.1", record, expect=INVALID)
    error("http://127.0.0.1:99999", record, expect=INVALID)
    assert "absent.json" in error(url, tmp_path / "absent.json", expect=FILES)
    assert "--timeout" in error(url, record, "--timeout", 0, expect=USAGE)
    assert "jsonl" in error(url, record, "--format", "jsnl", expect=USAGE)


@contextlib.contextmanager
def answering(content, head=b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"):
    """A server of another kind: it gives whoever comes the same bytes. None: nothing at all."""
    listening = socket.create_server(("127.0.0.1", 0))
    held = []

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                held.append(connection)
                if content is None:
                    continue
                connection.recv(65536)
                connection.sendall(head + content)
                connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)
        for connection in held:
            connection.close()


def test_other_servers(tmp_path):
    record = record_file(tmp_path)
    with answering(b"<html>hello</html>") as other:
        for more in ([], ["--json"]):
            result = run("query", other, record, *more, expect=INVALID)
            assert result.stdout == "" and "is this an ArchMLP server?" in result.stderr
    with answering(b'{"id": 3}') as other:
        assert "no predictions" in error(other, record, expect=INVALID)
        assert run("query", other, record, "--json").stdout == '{"id": 3}\n'
    with answering(b"<html>", b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n") as other:
        assert "502" in error(other, record, expect=FILES)
    with answering(b"", b"HTTP/1.1 301 Moved\r\nLocation: https://a.example/predict\r\nContent-Length: 0\r\n\r\n") as other:
        assert "https://a.example/predict" in error(other, record, expect=INVALID)
    with answering(b"220 mail ready\r\n", b"") as other:
        assert "does not speak HTTP" in error(other, record, expect=INVALID)
    with answering(b"", b"") as other:
        assert "ended before the answer" in error(other, record, expect=FILES)
    with answering(None) as other:
        assert "within 1 s" in error(other, record, "--timeout", 1, expect=FILES)


# -- tokens and TLS

@pytest.fixture(scope="module")
def guarded(trained, tmp_path_factory):
    """A server with a certificate and a token: (address, folder of cert.pem, other.pem and token)."""
    folder = tmp_path_factory.mktemp("guarded")
    for name in ("cert", "other"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / f"{name}_key.pem", "-out", folder / f"{name}.pem"],
                       check=True, capture_output=True)
    (folder / "token").write_text(f"# of the tests\n{TOKEN}\n")
    process = subprocess.Popen([ARCHMLP, "serve", trained / "out/model.archmlp", "--port", "0", "--token-file",
                                folder / "token", "--tls-cert", folder / "cert.pem", "--tls-key",
                                folder / "cert_key.pem", "--json"], stdout=subprocess.PIPE, text=True)
    port = json.loads(process.stdout.readline())["port"]
    yield port, folder
    process.terminate()
    assert process.wait(30) == 0
    process.stdout.close()


def test_with_token_and_certificate(guarded, tmp_path):
    port, folder = guarded
    shown = run("query", f"https://localhost:{port}", record_file(tmp_path), "--token-file", folder / "token",
                "--ca-file", folder / "cert.pem").stdout
    assert parts(shown.strip())


def test_tokens_that_do_not_suit(guarded, tmp_path):
    port, folder = guarded
    record, trusted = record_file(tmp_path), ("--ca-file", folder / "cert.pem")
    (tmp_path / "wrong").write_text("another-token-of-some-length\n")
    for given in ([], ["--token-file", tmp_path / "wrong"]):
        assert "--token-file" in error(f"https://localhost:{port}", record, *trusted, *given, expect=INVALID)
    (tmp_path / "empty").write_text("")
    assert "no token" in error(f"https://localhost:{port}", record, *trusted, "--token-file", tmp_path / "empty",
                               expect=INVALID)


def test_certificates_that_do_not_suit(guarded, tmp_path):
    port, folder = guarded
    record = record_file(tmp_path)
    assert "--ca-file" in error(f"https://localhost:{port}", record, expect=FILES)
    assert "not trusted" in error(f"https://localhost:{port}", record, "--ca-file", folder / "other.pem", expect=FILES)
    assert "not trusted" in error(f"https://127.0.0.1:{port}", record, "--ca-file", folder / "cert.pem", expect=FILES)
    (tmp_path / "text.pem").write_text("no certificate\n")
    for name in ("text.pem", "absent.pem"):
        assert name in error(f"https://localhost:{port}", record, "--ca-file", tmp_path / name, expect=FILES)


def test_plain_and_tls_mixed_up(guarded, url, tmp_path):
    port, _ = guarded
    assert "https://" in error(f"http://localhost:{port}", record_file(tmp_path), expect=INVALID)
    assert "http://" in error(url.replace("http", "https"), record_file(tmp_path), expect=FILES)
