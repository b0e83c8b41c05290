#!/usr/bin/python3
"""`archmlp serve` side by side with nginx answering a constant and with Flask + pandas + scikit-learn, in one run.

    ./dev bench serve
    /usr/bin/python3 bench/serve/run.py [--quick] [--only records,latency,batches,start] [--rounds N] [--seconds S]

The server has the first processor, the load the second. Processor time a request is the server's user and system time at
full load, and the ratio is taken pair by pair: a round of ours, a round of nginx. README.md says what each table means.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import load
import models
import servers
import stalls
from load import Class, full_load, open_loop

REPOSITORY = Path(__file__).resolve().parents[2]
IN_PROCESS = REPOSITORY / "build/release/bin/bench_in_process"
PARTS = ("records", "latency", "batches", "start")


def median_and_range(values, digits=2):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def in_process(model, request, rounds=5):
    form = "prepared" if "prepared" in request.path else "raw"
    kind = "csv" if request.content_type == "text/csv" else "json"
    command = [*servers.pinned(servers.SERVER), IN_PROCESS, model.file, form, kind, request.body, rounds]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"bench_in_process failed: {done.stderr}")
    return json.loads(done.stdout)


def us(seconds):
    return f"{seconds * 1e6:,.1f}"


def row(name, *cells, width=16):
    print(f"{name:<32}" + "".join(f"{cell:>{width}}" for cell in cells), flush=True)


class Bench:
    def __init__(self, given, folder):
        self.given, self.folder = given, folder
        self.saturation = {}  # requests a second, by the model's name and the server's

    def full(self, server, request, seconds=None):
        return full_load(server, request, seconds or self.given.seconds, self.given.connections)

    def records(self, both, pairs):
        """One record a request, at full load, round by round."""
        print(f"\n# One record a request at full load: {self.given.rounds} rounds of {self.given.seconds} s, "
              f"{self.given.connections} connections")
        row("", "requests/s", "p50, ms", "p99, ms", "processor, µs", "busy")
        for model in both:
            found = {name: [] for name in pairs[model.name]}
            for server in pairs[model.name].values():
                self.full(server, model.record, 1)
            for _ in range(self.given.rounds):
                for name, server in pairs[model.name].items():
                    found[name].append(self.full(server, model.record))
            for name, rounds in found.items():
                middle = {field: statistics.median(getattr(one, field) for one in rounds)
                          for field in ("rate", "p50", "p99", "processor", "busy")}
                self.saturation[model.name, name] = middle["rate"]
                row(f"{name}, {model.name}", f"{middle['rate']:,.0f}", f"{middle['p50'] * 1e3:.3f}", f"{middle['p99'] * 1e3:.3f}",
                    us(middle["processor"]), f"{middle['busy']:.0%}")
            ratios = [ours.processor / peer.processor for ours, peer in zip(found["archmlp"], found["nginx"])]
            alone = in_process(model, model.record)
            print(f"  processor time a request, archmlp / nginx: {median_and_range(ratios)}; in process, without HTTP: "
                  f"parsing {alone['parse_us']:.2f} + predicting {alone['predict_us']:.2f} + formatting {alone['format_us']:.2f} µs",
                  flush=True)

    def flask(self, model):
        with servers.flask(model.prepared, model.trees) as server:
            answer = json.loads(server.answer("POST", "/predict", model.record.text()))
            request = models.Request("/predict", model.record.body)
            self.full(server, request, 1)
            peer = self.full(server, request)
        row(f"Flask + scikit-learn, {model.name}", f"{peer.rate:,.0f}", f"{peer.p50 * 1e3:.1f}", f"{peer.p99 * 1e3:.1f}",
            us(peer.processor), f"{peer.busy:.0%}")
        print(f"  requests/s, archmlp / Flask: {self.saturation[model.name, 'archmlp'] / peer.rate:,.0f}; it answers "
              f"{answer['prediction']}", flush=True)

    def saturation_of(self, name, server, model):
        key = (model.name, name)
        if key not in self.saturation:
            self.saturation[key] = self.full(server, model.record).rate
        return self.saturation[key]

    def latency(self, both, pairs):
        """At 60 % of what each server can do, from the moment at which a request is due."""
        machine = [stalls.stalls(self.given.seconds) for _ in range(self.given.rounds)]
        print(f"\n# Latency at 60 % of saturation, open loop, ms: {self.given.rounds} rounds of {self.given.seconds} s")
        print(f"  the machine alone, both processors busy: away {statistics.median(one.lost for one in machine):.1%} of the time, "
              f"up to {max(one.worst for one in machine) * 1e3:.1f} ms; the wait for that alone: p99 "
              f"{median_and_range([one.p99 * 1e3 for one in machine], 3)}")
        row("", "requests/s", "p50", "p99", "p99 of a 0.1 s", "p99.9", "worst", "generator's own p99", width=24)
        for model in both:
            for name, server in pairs[model.name].items():
                rate = round(0.6 * self.saturation_of(name, server, model))
                rounds = [open_loop(server, [Class(name, model.record, rate, self.given.connections)], self.given.seconds)[0]
                          for _ in range(self.given.rounds)]
                found = {key: [one["latency_ms"][key] for one in rounds] for key in ("p50", "p99", "p99.9", "max")}
                row(f"{name}, {model.name}", f"{statistics.median(one['achieved_rate'] for one in rounds):,.0f}",
                    f"{statistics.median(found['p50']):.3f}", median_and_range(found["p99"], 3),
                    median_and_range([one["p99_of_a_tenth_ms"] for one in rounds], 3),
                    f"{statistics.median(found['p99.9']):.3f}", f"{max(found['max']):.3f}",
                    f"{statistics.median(one['send_lag_ms']['p99'] for one in rounds):.3f}", width=24)

    def batches(self, model, server):
        """1,000 rows a request, against the same work in process; and one record a request beside them."""
        print("\n# Batches of 1,000 rows")
        row("", "processor, ms", "in process, ms", "ratio", "p50, ms", "ratio")
        for name, request in (("JSON", model.json_batch), ("CSV", model.csv_batch)):
            status, text = server.ask("POST", request.path, request.text().encode(), request.content_type)
            if status == 415:
                print(f"{name}: not yet (415)")
                continue
            if status != 200:
                sys.exit(f"{request.path}: {status} {text[:300]}")
            self.batch(name, model, request, server)

    def batch(self, name, model, request, server):
        full_load(server, request, 1, 1)
        processor, ratios, elapsed, elapsed_ratios, all_parts = [], [], [], [], []
        for _ in range(self.given.rounds):
            all_parts.append(in_process(model, request, 3))
            alone = all_parts[-1]["sum_us"] * 1e-6
            processor.append(full_load(server, request, self.given.seconds, 1).processor)
            ratios.append(processor[-1] / alone)
            report = open_loop(server, [Class(name, request, 20, 1)], self.given.seconds)[0]
            elapsed.append(report["latency_ms"]["p50"] * 1e-3)
            elapsed_ratios.append(elapsed[-1] / alone)
        parts = {key: statistics.median(one[key] for one in all_parts) for key in all_parts[0]}
        row(name, f"{statistics.median(processor) * 1e3:.3f}", f"{parts['sum_us'] * 1e-3:.3f}", f"{statistics.median(ratios):.2f}",
            f"{statistics.median(elapsed) * 1e3:.3f}", f"{statistics.median(elapsed_ratios):.2f}")
        print(f"  in process: parsing {parts['parse_us']:,.0f} + predicting {parts['predict_us']:,.0f} + formatting "
              f"{parts['format_us']:,.0f} µs; {parts['body_bytes']:,} bytes in, {parts['answer_bytes']:,} out")
        small = Class("one record", model.record, round(0.2 * self.saturation_of("archmlp", server, model)))
        for share in (0.0, 0.4):
            classes = [small] if share == 0 else [small, Class("batches", request, share / statistics.median(processor), 4)]
            found = open_loop(server, classes, self.given.seconds)
            shown = found[0]["latency_ms"]
            beside = f"beside {classes[1].rate:.0f} batches/s ({share:.0%} of the processor)" if share else "alone"
            print(f"  one record, {small.rate:,}/s, {beside}: p50 {shown['p50']:.3f}, p99 {shown['p99']:.3f}, max {shown['max']:.3f} ms"
                  + (f"; the batches p99 {found[1]['latency_ms']['p99']:.1f} ms" if share else ""), flush=True)

    def start(self):
        """From nothing to ready with a large model, its file in the page cache; and what stays in memory."""
        file = models.large(self.given.archmlp, self.folder, 18_000 if self.given.quick else 270_000)
        size = file.stat().st_size
        print(f"\n# Start with a model file of {size / 1e6:.0f} MB")
        times, resident = [], []
        for attempt in range(1 + (3 if self.given.quick else 9)):
            port = servers.free_port()
            command = [self.given.archmlp, "serve", file, "--port", port, "--threads", 1]
            seconds, server = servers.seconds_to_ready(command, port)
            if attempt > 0:  # the first run warms the cache
                times.append(seconds * 1e3)
            body = json.dumps([{f"f{i}": row / 1000 for i in range(6)} for row in range(1000)])
            server.answer("POST", "/predict", body)
            resident.append((server.resident_bytes() - size) / 1e6)
            server.process.terminate()
            server.process.wait(timeout=15)
        print(f"ready after {median_and_range(times, 1)} ms; resident memory beyond the file, after a batch: "
              f"{median_and_range(resident, 1)} MB", flush=True)


def read_flags():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archmlp", type=Path, default=REPOSITORY / "build/release/bin/archmlp")
    parser.add_argument("--seconds", type=int, default=5, help="of a measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rows", type=int, default=200_000, help="of generated transactions to train on")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}; separated by commas")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 2 s, smaller models")
    given = parser.parse_args()
    if given.quick:
        given.seconds, given.rounds, given.rows = 2, 2, 50_000
    given.only = given.only.split(",")
    if unknown := set(given.only) - set(PARTS):
        sys.exit(f"--only knows {', '.join(PARTS)}, not {', '.join(unknown)}")
    for program in (given.archmlp, load.OPEN_LOOP, IN_PROCESS):
        if not program.exists():
            sys.exit(f"{program} is missing: ./dev bench serve builds it")
    return given


def main():
    given = read_flags()
    if len(os.sched_getaffinity(0)) < 2:
        print("one processor for the server and the load: no figure here is worth much")
    with tempfile.TemporaryDirectory(prefix="archmlp-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        bench = Bench(given, folder)
        if set(given.only) - {"start"}:
            both = [models.paysim(given.archmlp, folder, given.rows), models.deep(given.archmlp, folder)]
            pairs = {}
            for model in both:
                ours = stack.enter_context(servers.archmlp(given.archmlp, model.file))
                answer = ours.answer("POST", model.record.path, model.record.text())
                peer = stack.enter_context(servers.nginx(folder / f"nginx{len(pairs)}", answer))
                if peer.answer("POST", model.record.path, model.record.text()) != answer:
                    sys.exit("nginx gives another answer")
                pairs[model.name] = {"archmlp": ours, "nginx": peer}
                print(f"{model.name}: {model.file.stat().st_size / 1e3:,.0f} kB, answers {answer}")
            if "records" in given.only:
                bench.records(both, pairs)
                bench.flask(both[0])
            if "latency" in given.only:
                bench.latency(both, pairs)
            if "batches" in given.only:
                bench.batches(both[0], pairs[both[0].name]["archmlp"])
        if "start" in given.only:
            bench.start()


if __name__ == "__main__":
    main()
