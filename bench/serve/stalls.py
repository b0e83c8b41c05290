"""How long the machine itself keeps a busy process from its processor.

A virtual processor is taken away now and then, most of all when both are busy; whoever is served in between waits, whatever
the server. Each of two processes, one a processor, looks at the clock without a pause and notes where time went by unseen.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from servers import LOAD, SERVER, pinned

SHORTEST = 50_000  # nanoseconds: what is less is the interpreter's own


@dataclass
class Stalls:
    lost: float  # share of the time
    worst: float  # seconds
    p99: float  # seconds that a request which is due at any time waits for that alone


def watch(seconds):
    gaps, last = [], time.perf_counter_ns()
    end = last + seconds * 1_000_000_000
    while last < end:
        now = time.perf_counter_ns()
        if now - last > SHORTEST:
            gaps.append((now - last) * 1e-9)
        last = now
    return gaps


def wait_at(gaps, seconds, share):
    """The wait that so large a share of all moments is not spared."""
    low, high = 0.0, max(gaps, default=0.0)
    for _ in range(50):
        middle = (low + high) / 2
        if sum(max(gap - middle, 0.0) for gap in gaps) > share * seconds:
            low = middle
        else:
            high = middle
    return high


def stalls(seconds):
    """Of the worse of the two processors, both busy."""
    command = [sys.executable, __file__, str(seconds)]
    processes = [subprocess.Popen([*pinned(place), *command], stdout=subprocess.PIPE, text=True) for place in (SERVER, LOAD)]
    found = [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in processes]
    return max((Stalls(sum(gaps) / seconds, max(gaps, default=0.0), wait_at(gaps, seconds, 0.01)) for gaps in found),
               key=lambda one: one.p99)


if __name__ == "__main__":
    print(json.dumps(watch(int(sys.argv[1]))))
