"""The servers that run.py measures, each on the first processor: archmlp, nginx answering a constant, Flask."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SERVER, LOAD = 0, 1


def pinned(place):
    """The command to put before another: the first processor is the servers', the second that of the load."""
    allowed = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(allowed[place])] if len(allowed) > 1 else []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    def __init__(self, process, port):
        self.process, self.port = process, port

    def processes(self):
        pid = self.process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def processor_seconds(self):
        """User and system time of the process and of its workers."""
        total = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def resident_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) * 1024

    def ask(self, method, path, body=None, content_type="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {"Content-Type": content_type} if body else {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def answer(self, method, path, *body):
        status, text = self.ask(method, path, *body)
        if status != 200:
            sys.exit(f"{path}: {status} {text}")
        return text


@contextmanager
def running(command, port=None):
    """Until it has printed a line that ends in its port, or its port is open."""
    process = subprocess.Popen([*pinned(SERVER), *map(str, command)], stdout=subprocess.PIPE, text=True)
    try:
        if port is None:
            line = process.stdout.readline()
            found = re.search(r"(?:http://\S*:|^)(\d+)\b", line)
            if not found:
                sys.exit(f"the server did not start: {' '.join(map(str, command))}")
            port = int(found.group(1))
        server = Running(process, port)
        wait_for(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def wait_for(server):
    for _ in range(2000):
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
            return
        except ConnectionRefusedError:
            if server.process.poll() is not None:
                break
            time.sleep(0.01)
    sys.exit(f"nobody listens on port {server.port}")


def archmlp(program, model, *more):
    return running([program, "serve", model, "--port", 0, "--threads", 1, *more])


NGINX = """daemon off;
worker_processes 1;
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_timeout 60s;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""


def nginx(folder, answer):
    """One worker that gives the same answer to everything."""
    folder.mkdir(parents=True)
    port = free_port()
    if "$" in answer:
        sys.exit("nginx would take $ in the answer for a variable")
    quoted = answer.replace("\\", "\\\\").replace("'", "\\'")
    user = "user root;\n" if os.getuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, answer=quoted, user=user))
    return running(["/usr/sbin/nginx", "-c", config, "-p", folder, "-e", folder / "error.log"], port)


def flask(folder, trees):
    return running([sys.executable, __file__, folder, trees])


def serve_flask(folder, trees):
    """In a process of its own: prints its port, then serves until it is killed."""
    import logging

    import pandas
    from flask import Flask, jsonify, request
    from sklearn.ensemble import RandomForestClassifier
    from werkzeug.serving import WSGIRequestHandler, make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a log line a request would count against it
    x = pandas.read_csv(folder / "x_train.csv")
    y = pandas.read_csv(folder / "y_train.csv").iloc[:, 0]
    model = RandomForestClassifier(n_estimators=trees, random_state=0, n_jobs=1).fit(x, y)
    app = Flask("peer")

    @app.post("/predict")
    def predict():
        row = pandas.DataFrame([request.get_json()])[list(x.columns)]
        probabilities = model.predict_proba(row)[0]
        label = model.classes_[probabilities.argmax()]
        return jsonify(prediction=label.item(), probabilities=dict(zip(map(str, model.classes_), probabilities.tolist())))

    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # keep-alive
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


def seconds_to_ready(command, port):
    """From the start of the process to the first answer 200 of /readyz; the server is left running."""
    begin = time.perf_counter()
    process = subprocess.Popen([*pinned(SERVER), *map(str, command)], stdout=subprocess.DEVNULL)
    request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request)
                if connection.recv(4096).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - begin, Running(process, port)
        except ConnectionError:
            pass
        if process.poll() is not None:
            sys.exit(f"the server ended with {process.returncode}: {' '.join(map(str, command))}")
        time.sleep(0.0002)


if __name__ == "__main__":
    serve_flask(Path(sys.argv[1]), int(sys.argv[2]))
