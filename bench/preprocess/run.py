#!/usr/bin/python3
"""The whole preprocess stage (a CSV to four CSVs), side by side with pandas + scikit-learn and, where npm works, DuckDB.

    ./dev bench preprocess
    /usr/bin/python3 bench/preprocess/run.py [--quick] [--rows N] [--rounds N] [--data FILE.csv] [--no-duckdb]

The data are generated transactions (archmlp generate paysim); the recipe is examples/fraud.yaml. Each run is a process of
its own, the file in the page cache; rounds alternate. What the sides write is compared before anything is timed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "bench"))
import duckdb_peer  # noqa: E402

ARCHMLP = REPOSITORY / "build/release/bin/archmlp"
FILES = ("x_train.csv", "x_test.csv", "y_train.csv", "y_test.csv")


def pandas_pipeline(data, out):
    """What the recipe says, as one writes it with pandas and scikit-learn."""
    from sklearn.model_selection import train_test_split
    rows = pandas.read_csv(data)
    rows = rows[(rows.type == "TRANSFER") | (rows.type == "CASH_OUT")]
    label = rows.pop("isFraud")
    rows = rows.drop(columns=["step", "nameOrig", "nameDest", "isFlaggedFraud"])
    empty = (rows.oldbalanceDest == 0) & (rows.newbalanceDest == 0) & (rows.amount != 0)
    rows.loc[empty, ["oldbalanceDest", "newbalanceDest"]] = -1.0
    rows["errorBalanceOrig"] = rows.newbalanceOrig + rows.amount - rows.oldbalanceOrg
    rows["errorBalanceDest"] = rows.oldbalanceDest + rows.amount - rows.newbalanceDest
    rows = pandas.get_dummies(rows, columns=["type"])
    x_train, x_test, y_train, y_test = train_test_split(rows, label, test_size=0.3, stratify=label, random_state=42)
    for name, table in zip(FILES, (x_train, x_test, y_train, y_test)):
        table.to_csv(out / name, index=False)


DUCKDB_PROGRAM = """
import { DuckDBInstance } from '@duckdb/node-api';
const [data, out, threads] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:', {threads})).connect();
const quote = (text) => "'" + text.replaceAll("'", "''") + "'";
await connection.run(`create temp table prepared as
  with kept as (select amount::double amount, oldbalanceOrg::double oldbalanceOrg, newbalanceOrig::double newbalanceOrig,
      oldbalanceDest::double od, newbalanceDest::double nd, type, isFraud,
      (oldbalanceDest = 0 and newbalanceDest = 0 and amount <> 0) as is_empty
    from read_csv(${quote(data)}) where type = 'TRANSFER' or type = 'CASH_OUT'),
  filled as (select *, if(is_empty, -1, od) oldbalanceDest, if(is_empty, -1, nd) newbalanceDest from kept)
  select amount, oldbalanceOrg, newbalanceOrig, oldbalanceDest, newbalanceDest,
    newbalanceOrig + amount - oldbalanceOrg errorBalanceOrig, oldbalanceDest + amount - newbalanceDest errorBalanceDest,
    (type = 'CASH_OUT')::int type_CASH_OUT, (type = 'TRANSFER')::int type_TRANSFER, isFraud,
    row_number() over (partition by isFraud order by random()) > 0.7 * count(*) over (partition by isFraud) as is_test
  from filled`);
for (const [side, flag] of [['train', 'false'], ['test', 'true']]) {
  await connection.run(`copy (select * exclude (isFraud, is_test) from prepared where is_test = ${flag})
    to ${quote(out + '/x_' + side + '.csv')} (header)`);
  await connection.run(`copy (select isFraud from prepared where is_test = ${flag})
    to ${quote(out + '/y_' + side + '.csv')} (header)`);
}
"""


def measure(command, out):
    """Seconds, processor seconds and peak memory in MB of a process of its own."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: {errors.decode()[-2000:]}")
    return {"seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}


def content(out):
    """Row count and exact-enough sum of every column over both sides, whatever the split."""
    x = pandas.concat([pandas.read_csv(out / name) for name in FILES[:2]])
    y = pandas.concat([pandas.read_csv(out / name) for name in FILES[2:]])
    sums = {name: float(x[name].astype(float).sum()) for name in sorted(x.columns)}
    return len(x), int(y.iloc[:, 0].sum()), sums


def check_equal(name, ours, theirs):
    if ours[:2] != theirs[:2] or ours[2].keys() != theirs[2].keys():
        sys.exit(f"{name} prepared other data: {theirs[:2]} rows and frauds, not {ours[:2]}")
    for column, total in ours[2].items():
        if abs(total - theirs[2][column]) > 1e-9 * max(1.0, abs(total)):
            sys.exit(f"{name}: the sum of {column} is {theirs[2][column]!r}, not {total!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="300,000 rows, 1 round")
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data", type=Path, help="a CSV with the columns of generate paysim")
    parser.add_argument("--no-duckdb", action="store_true")
    parser.add_argument("--pandas-only", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pandas_only:
        return pandas_pipeline(*arguments.pandas_only)
    if arguments.quick:
        arguments.rows, arguments.rounds = 300_000, 1

    with tempfile.TemporaryDirectory(prefix="bench_preprocess.", dir=REPOSITORY / "build") as name:
        folder = Path(name)
        data = arguments.data
        if data is None:
            data = folder / "paysim.csv"
            subprocess.run([ARCHMLP, "generate", "paysim", "--rows", str(arguments.rows), "--out", data], check=True)
        data.read_bytes()  # into the page cache
        sides = {
            "ArchMLP": [ARCHMLP, "preprocess", data, "--recipe", REPOSITORY / "examples/fraud.yaml", "--threads",
                        arguments.threads, "--out", folder / "ArchMLP/prepared"],
            "pandas": [sys.executable, __file__, "--pandas-only", data, folder / "pandas"],
        }
        duckdb = None if arguments.no_duckdb else duckdb_peer.install("pipeline.mjs", DUCKDB_PROGRAM)
        if duckdb:
            sides["DuckDB"] = ["node", duckdb, data, folder / "DuckDB", arguments.threads]
        results = {side: [] for side in sides}
        for round_number in range(arguments.rounds):
            for side, command in sides.items():
                results[side].append(measure(command, folder / side))
            if round_number == 0:
                ours = content(folder / "ArchMLP/prepared")
                for side in list(sides)[1:]:
                    check_equal(side, ours, content(folder / side))
        print(f"{data.stat().st_size / 1e6:.0f} MB, {ours[0]:,} rows kept, {arguments.threads} threads, medians of "
              f"{arguments.rounds} rounds (smallest in brackets)")
        print(f"{'':10}{'seconds':>20}{'CPU s':>9}{'peak MB':>9}{'ratio':>8}")
        median = {side: statistics.median(run["seconds"] for run in runs) for side, runs in results.items()}
        for side, runs in results.items():
            smallest = min(run["seconds"] for run in runs)
            processor = statistics.median(run["processor"] for run in runs)
            peak = max(run["peak_mb"] for run in runs)
            print(f"{side:10}{median[side]:>12.2f} ({smallest:.2f}){processor:>9.2f}{peak:>9.0f}"
                  f"{median[side] / median['ArchMLP']:>7.1f}x")


if __name__ == "__main__":
    main()
