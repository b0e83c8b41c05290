#!/usr/bin/python3
"""Reading a CSV, side by side with pandas' C engine and, where npm works, DuckDB on the same file, in one run.

    cmake --preset release && ninja -C build/release bench_csv
    /usr/bin/python3 bench/csv/run.py [FILE] [--quick] [--rounds N] [--threads N] [--program PATH] [--no-duckdb]

FILE may be plain or .zst (unpacked first). Without it: ../shared/data/paysim_1m.csv.zst if there, else a file of
the same columns that this script makes up. Every read is its own process with a warm page cache; rounds alternate
between the readers; medians. pandas runs with its default number parsing, which may be off by one unit in the last
place, and with float_precision="round_trip", which like ours is exact. DuckDB reads the file into a table in memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "bench"))
import duckdb_peer  # noqa: E402

PEER = """
import json, sys, time
import pandas as pd
options = json.loads(sys.argv[2])
start, cpu_start = time.perf_counter(), time.process_time()
frame = pd.read_csv(sys.argv[1], engine="c", **options)
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
print(json.dumps({"read_seconds": seconds, "read_cpu_seconds": cpu_seconds, "rows": len(frame)}))
"""

DUCKDB_PROGRAM = """
import { DuckDBInstance } from '@duckdb/node-api';
const [data, threads] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:', {threads})).connect();
const cpu = process.cpuUsage(), start = process.hrtime.bigint();
await connection.run(`create table data as select * from read_csv('${data.replaceAll("'", "''")}')`);
const seconds = Number(process.hrtime.bigint() - start) / 1e9, used = process.cpuUsage(cpu);
const rows = (await connection.runAndReadAll('select count(*) from data')).getRows()[0][0];
console.log(JSON.stringify({read_seconds: seconds, read_cpu_seconds: (used.user + used.system) / 1e6,
                            rows: Number(rows)}));
"""


def make_paysim_like(path, rows):
    """The columns, types and number formats of PaySim; no simulation, only text of the same make."""
    rng = np.random.default_rng(1)

    def money(mean):
        return np.round(rng.lognormal(mean, 1.7, rows), 2)

    def names(letters):
        return np.char.add(rng.choice(list(letters), rows), rng.integers(10**6, 2 * 10**9, rows).astype(str))

    old = np.where(rng.random(rows) < 0.33, 0.0, money(10))
    old_destination = np.where(rng.random(rows) < 0.4, 0.0, money(12))
    amount = money(11)
    pd.DataFrame({
        "step": rng.integers(1, 745, rows),
        "type": rng.choice(["CASH_OUT", "PAYMENT", "CASH_IN", "TRANSFER", "DEBIT"], rows, p=[.35, .34, .22, .08, .01]),
        "amount": amount,
        "nameOrig": names("C"),
        "oldbalanceOrg": old,
        "newbalanceOrig": np.round(np.maximum(old - amount, 0), 2),
        "nameDest": names("CM"),
        "oldbalanceDest": old_destination,
        "newbalanceDest": np.round(old_destination + amount, 2),
        "isFraud": (rng.random(rows) < 0.0013).astype(int),
        "isFlaggedFraud": np.zeros(rows, int),
    }).to_csv(path, index=False)


def prepare(given, folder, rows):
    source = Path(given) if given else REPOSITORY.parent / "shared/data/paysim_1m.csv.zst"
    if source.suffix == ".zst" and source.exists():
        plain = folder / "data.csv"
        subprocess.run(["zstd", "-q", "-d", source, "-o", plain], check=True)
        return plain, source.name
    if source.exists():
        return source, source.name
    if given:
        sys.exit(f"no such file: {source}")
    plain = folder / "data.csv"
    make_paysim_like(plain, rows)
    return plain, f"made up, {rows:,} rows"


def cut(plain, folder, rows):
    with open(plain, "rb") as whole, open(folder / "cut.csv", "wb") as part:
        for _, line in zip(range(rows + 1), whole):
            part.write(line)
    return folder / "cut.csv"


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr}")
    return json.loads(done.stdout)


def check_values(program, path, threads, folder):
    """Every column has the same kind and values as in pandas; the reals bit by bit."""
    frame = pd.read_csv(path, float_precision="round_trip")
    for what in ("table", "blocks"):
        check_answer(run([program, what, path, threads, folder]), frame, folder)


def check_answer(ours, frame, folder):
    assert ours["rows"] == len(frame), (ours["rows"], len(frame))
    for column in ours["columns"]:
        values = frame[column["name"]]
        kind = {"i": "integer", "f": "real", "b": "boolean", "O": "text"}[values.dtype.kind]
        assert column["kind"] == kind, (column, kind)
        assert column["missing"] == values.isna().sum(), column
        if kind == "real":
            same = np.fromfile(folder / (column["name"] + ".f64"))
            assert np.array_equal(same, values.to_numpy(), equal_nan=True), column
        elif kind == "text":
            assert column["sum"] == values.dropna().str.encode("utf-8").str.len().sum(), column
        else:
            assert column["sum"] == values.sum(), column


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--quick", action="store_true", help="200,000 rows, 3 rounds")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--no-duckdb", action="store_true")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--program", default=REPOSITORY / "build/release/bin/bench_csv")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 5)

    with tempfile.TemporaryDirectory(prefix="bench_csv.") as name:
        folder = Path(name)
        path, label = prepare(arguments.file, folder, 200_000 if arguments.quick else 1_000_000)
        if arguments.quick:
            path = cut(path, folder, 200_000)
        check_values(arguments.program, path, arguments.threads, folder)

        def ours(what, threads):
            return lambda: run([arguments.program, what, path, threads])

        readers = {
            f"{what}, {threads} thread{'s' * (threads > 1)}": ours(what, threads)
            for what in ("table", "blocks") for threads in dict.fromkeys((arguments.threads, 1))
        } | {
            "pandas C": lambda: run([sys.executable, "-c", PEER, path, "{}"]),
            "pandas C, round_trip": lambda: run(
                [sys.executable, "-c", PEER, path, '{"float_precision": "round_trip"}']),
        }
        duckdb = None if arguments.no_duckdb else duckdb_peer.install("read_csv.mjs", DUCKDB_PROGRAM)
        if duckdb:
            readers[f"DuckDB, {arguments.threads} threads"] = lambda: run(["node", duckdb, path, arguments.threads])
        seconds = {reader: [] for reader in readers}
        cpu_seconds = {reader: [] for reader in readers}
        written = []
        for _ in range(rounds):
            written.append(run([arguments.program, "write", path, arguments.threads]))
            for reader, read in readers.items():
                answer = read()
                seconds[reader].append(answer["read_seconds"])
                cpu_seconds[reader].append(answer["read_cpu_seconds"])
                rows = answer["rows"]

        size = path.stat().st_size
        print(f"CSV reading: {label}, {rows:,} rows, {size / 1e6:.1f} MB; values equal to pandas'; "
              f"{os.cpu_count()} cores; pandas {pd.__version__}; median of {rounds}")
        print(f"{'reader':<24}{'seconds':>10}{'CPU s':>9}{'MB/s':>9}{'of pandas C':>14}{'of DuckDB':>11}")
        medians = {reader: statistics.median(times) for reader, times in seconds.items()}
        duckdb_median = next((median for reader, median in medians.items() if "DuckDB" in reader), None)
        for reader, median in medians.items():
            of_duckdb = f"{duckdb_median / median:>10.1f}x" if duckdb_median else ""
            print(f"{reader:<24}{median:>10.3f}{statistics.median(cpu_seconds[reader]):>9.3f}"
                  f"{size / median / 1e6:>9.0f}"
                  f"{medians['pandas C'] / median:>13.1f}x{of_duckdb}")
        write = statistics.median(answer["write_seconds"] for answer in written)
        print(f"written back, {arguments.threads} threads: {write:.3f} s, "
              f"{written[0]['written_bytes'] / write / 1e6:.0f} MB/s")


if __name__ == "__main__":
    main()
