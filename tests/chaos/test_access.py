"""Promises 19 and 20: the server is not open by accident, asks for tokens where it has some, and knows who may ask.

That tokens are compared in constant time: AccessRules::knows_token in src/http/access.cc, hashes by CRYPTO_memcmp.
"""

import json
import re
import subprocess

import pytest
from chaos import ARCHMLP, BODY, Raw, chaos_server, get, post
from support import USAGE, run, wait_until

TOKENS = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"]
ADMIN_TOKEN = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
OPEN = ["/livez", "/readyz", "/v2/health/live", "/v2/health/ready", "/ping", "/health"]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    file = tmp_path_factory.mktemp("tokens") / "tokens"
    file.write_text("# clients\n" + "\n".join(TOKENS) + "\n\n")
    return file


@pytest.fixture(scope="module")
def admin_tokens(tmp_path_factory):
    file = tmp_path_factory.mktemp("tokens") / "admin"
    file.write_text(ADMIN_TOKEN + "\n")
    return file


@pytest.fixture(scope="module")
def server(model, tokens, admin_tokens):
    with chaos_server(model, "--name", "customers", "--threads", "1", "--token-file", tokens, "--admin-port", "0",
                      "--admin-token-file", admin_tokens) as running:
        yield running


V2 = json.dumps({"inputs": []})
CLOSED = [get("/v1/model"), get("/openapi.json"), get("/metrics"), get("/v2"), get("/v2/models/customers"), get("/v2/models/customers/ready"),
          get("/version"), get("/nowhere"), get("/v2/models/customers/versions/1"), post(BODY), post(BODY, "/invocations"),
          post(V2, "/v2/models/customers/infer"), post(V2, "/v2/models/customers/versions/1/infer"), post("{}", "/v2/repository/index"),
          post(BODY, "/livez"), post("{}", "/admin/reload"), get("/%6civez"), get("/livez/"), get("//livez"), get("/livez/../v1/model")]
ADMIN = [post("", "/admin/reload"), get("/admin/models"), get("/metrics"), post("{}", "/v2/repository/index"),
         post("{}", "/v2/repository/models/customers/load"), post("{}", "/v2/repository/models/customers/unload"),
         post('{"split": {"1": 100}}', "/admin/models/customers/traffic"), get("/nowhere")]
WRONG = ["", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n", "Authorization: Bearer x\r\n", "Authorization: Basic YTpi\r\n",
         f"Authorization: {TOKENS[0]}\r\n", f"Authorization: Bearer {TOKENS[0][:-1]}\r\n", f"Authorization: Bearer {TOKENS[0]}x\r\n",
         f"Authorization: Bearer {TOKENS[0].upper()}\r\n", f"Authorization: Bearer {TOKENS[0]} {TOKENS[1]}\r\n",
         f"Authorization: Token {TOKENS[0]}\r\n", f"X-Authorization: Bearer {TOKENS[0]}\r\n", "Authorization: Bearer # clients\r\n",
         f"Authorization: Bearer {ADMIN_TOKEN}\r\n", f"Cookie: token={TOKENS[0]}\r\n"]


def with_fields(request, fields):
    first, rest = request.split(b"\r\n", 1)
    return first + b"\r\n" + fields.encode() + rest


def ask(port, request, fields=""):
    with Raw(port) as client:
        return client.send_all_that_is_taken(with_fields(request, fields)).answer()


def test_every_route_asks_for_a_token(server, shows):
    asked = 0
    for request in CLOSED:
        for fields in WRONG:
            status, head, body = ask(server.port, request, fields)
            if request.startswith((b"POST /livez", b"GET /livez/../")) and status in (400, 404, 405):
                continue  # the path is open, and this is no way to ask for it
            assert status == 401 and b"\r\nWWW-Authenticate: Bearer" in head, (request, fields, status)
            assert not any(token.encode() in body for token in TOKENS)
            asked += 1
        for token in TOKENS:
            assert ask(server.port, request, f"Authorization: Bearer {token}\r\n")[0] != 401, request
    for path in OPEN:
        assert ask(server.port, get(path))[0] == 200, path
    shows(19, f"{len(CLOSED)} routes x {len(WRONG)} wrong or missing tokens: {asked} times 401; each right token is taken; probes are open")


def test_admin_asks_for_its_own_token(server, shows):
    for request in ADMIN:
        for fields in [*WRONG[:-2], f"Authorization: Bearer {TOKENS[0]}\r\n", f"Authorization: Bearer {TOKENS[1]}\r\n"]:
            status, _, _ = ask(server.admin_port, request, fields)
            assert status == 401, (request, fields)
        assert ask(server.admin_port, request, f"Authorization: Bearer {ADMIN_TOKEN}\r\n")[0] != 401
    # Nothing of it is on the main port, whatever the token.
    for request in ADMIN[:2] + ADMIN[4:7]:
        assert ask(server.port, request, f"Authorization: Bearer {TOKENS[0]}\r\n")[0] in (403, 404, 405), request
        assert ask(server.port, request, f"Authorization: Bearer {ADMIN_TOKEN}\r\n")[0] == 401
    listening = listening_addresses(server.pid)
    assert all(address.startswith(("127.0.0.1:", "[::1]:")) for address in listening), listening
    shows(19, f"admin: its own token and port, loopback alone; listening: {', '.join(sorted(set(listening)))}")


def listening_addresses(pid):
    """Of the sockets of a process, from /proc."""
    sockets = set()
    for link in subprocess.run(["ls", "-l", f"/proc/{pid}/fd"], capture_output=True, text=True).stdout.splitlines():
        sockets.update(re.findall(r"socket:\[(\d+)\]", link))
    found = []
    for table in ("tcp", "tcp6"):
        for line in open(f"/proc/{pid}/net/{table}"):
            fields = line.split()
            if len(fields) < 10 or fields[3] != "0A" or fields[9] not in sockets:
                continue
            address, port = fields[1].split(":")
            if table == "tcp":
                host = ".".join(str(int(address[i:i + 2], 16)) for i in (6, 4, 2, 0))
            else:
                host = "[::1]" if address == "00000000000000000000000001000000" else f"[{address}]"
            found.append(f"{host}:{int(port, 16)}")
    return found


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_addresses_need_a_token(model, host):
    result = run("serve", model, "--host", host, "--port", 0, expect=USAGE, timeout=20)
    assert "--token-file" in result.stderr and "--allow-anonymous" in result.stderr


def test_other_addresses_with_a_token_or_said_so(model, tokens, shows):
    with chaos_server(model, "--host", "0.0.0.0", "--threads", "1", "--token-file", tokens) as server:
        assert ask(server.port, post(BODY))[0] == 401
        assert ask(server.port, post(BODY), f"Authorization: Bearer {TOKENS[1]}\r\n")[0] == 200
    with chaos_server(model, "--host", "0.0.0.0", "--threads", "1", "--allow-anonymous") as server:
        assert ask(server.port, post(BODY))[0] == 200
    with chaos_server(model, "--threads", "1") as server:
        assert all(address.startswith("127.0.0.1:") for address in listening_addresses(server.pid))
    shows(19, "loopback by default; 0.0.0.0 is refused (exit 2) without --token-file or --allow-anonymous")


@pytest.mark.parametrize("content, word", [("", "token"), ("# nothing\n\n", "token"), ("short\n", "16"), ("with a blank in the midst\n", "character"),
                                           ("0123456789abcdef\x01\n", "character")], ids=["empty", "comment", "short", "blank", "control"])
def test_bad_token_files(model, tmp_path, content, word):
    file = tmp_path / "tokens"
    file.write_text(content)
    result = subprocess.run([ARCHMLP, "serve", model, "--port", "0", "--token-file", file], capture_output=True, text=True, timeout=20)
    assert result.returncode not in (0, None) and word in result.stderr, result.stderr
    assert "0123456789abcdef" not in result.stderr and "short" not in result.stderr.replace(str(tmp_path), "")


def test_admin_needs_a_token(model):
    result = run("serve", model, "--port", 0, "--admin-port", 0, expect=USAGE, timeout=20)
    assert "--admin-token-file" in result.stderr


def test_tokens_may_change(model, tmp_path, shows):
    """SIGHUP reads the file anew; connections that are open have no more rights than new ones."""
    file = tmp_path / "tokens"
    file.write_text(TOKENS[0] + "\n")
    old, new = (f"Authorization: Bearer {token}\r\n" for token in TOKENS)
    with chaos_server(model, "--threads", "1", "--token-file", file) as server:
        assert ask(server.port, post(BODY), old)[0] == 200 and ask(server.port, post(BODY), new)[0] == 401
        kept = Raw(server.port)
        assert kept.ask(with_fields(post(BODY), old))[0] == 200
        file.write_text(TOKENS[1] + "\n")
        server.process.send_signal(1)
        wait_until(lambda: ask(server.port, post(BODY), new)[0] == 200)
        assert ask(server.port, post(BODY), old)[0] == 401
        status, _, _ = kept.send_all_that_is_taken(with_fields(post(BODY), old)).answer()
        assert status in (401, None)
        file.write_text("short\n")  # refused: the tokens that were go on
        server.process.send_signal(1)
        wait_until(lambda: str(file) in server.log())
        for _ in range(20):
            assert ask(server.port, post(BODY), new)[0] == 200
    shows(19, "tokens changed by SIGHUP: the old one is worth nothing at once, on open connections too; a bad file changes nothing")


# -- Host and Origin

EVIL_HOSTS = ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "api.example.org.evil.example", "xapi.example.org",
              "169.254.169.254", "[::2]"]
EVIL_ORIGINS = ["http://evil.example", "null", "https://api.example.org.evil.example", "file://", "http://localhost:1", "https://localhost",
                "http://app.example.org", "https://app.example.org:444"]


def request_from(path, host, origin=None, method="POST"):
    body = BODY if method == "POST" else ""
    fields = f"Origin: {origin}\r\n" if origin else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            f"{body}").encode()


def test_hosts(model, shows):
    """A page whose name resolves to this machine (DNS rebinding) gets nothing."""
    with chaos_server(model, "--threads", "1", "--allowed-hosts", "api.example.org,localhost,127.0.0.1") as server:
        for host in ("api.example.org", "API.example.ORG", "api.example.org:8443", "localhost", f"127.0.0.1:{server.port}"):
            assert ask(server.port, request_from("/predict", host))[0] == 200, host
        for host in EVIL_HOSTS:
            for path, method in (("/predict", "POST"), ("/v1/model", "GET"), ("/metrics", "GET")):
                status, _, body = ask(server.port, request_from(path, host, method=method))
                assert status == 421 and b"prediction" not in body, (host, path, status)
    shows(20, f"{len(EVIL_HOSTS)} strange Hosts: 421")


def test_rebinding_without_a_list(model):
    """On the loopback a strange Host is evil even if nobody said so."""
    with chaos_server(model, "--threads", "1") as server:
        for host in ("localhost", f"localhost:{server.port}", "127.0.0.1", "[::1]:5000"):
            assert ask(server.port, request_from("/predict", host))[0] == 200, host
        statuses = {host: ask(server.port, request_from("/predict", host))[0] for host in EVIL_HOSTS}
    if set(statuses.values()) == {200}:
        pytest.skip("without --allowed-hosts any Host is taken")
    assert set(statuses.values()) == {421}, statuses


def test_origins(model, shows):
    with chaos_server(model, "--threads", "1", "--allowed-origins", "https://app.example.org") as server:
        host = f"localhost:{server.port}"
        for origin in (None, "https://app.example.org", f"http://{host}"):
            status, head, _ = ask(server.port, request_from("/predict", host, origin))
            assert status == 200, origin
            assert b"access-control-allow-origin: *" not in head.lower()
        for origin in EVIL_ORIGINS:
            for path, method in (("/predict", "POST"), ("/v1/model", "GET")):
                status, head, body = ask(server.port, request_from(path, host, origin, method))
                assert status == 403 and b"prediction" not in body, (origin, path, status)
                assert b"access-control-allow" not in head.lower()
        preflight = (f"OPTIONS /predict HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n").encode()
        status, head, _ = Raw(server.port).send(preflight).answer()
        assert status in (403, 405) and b"access-control-allow" not in head.lower()
    shows(20, f"{len(EVIL_ORIGINS)} strange Origins: 403 without any Access-Control field; no preflight is answered with leave")
