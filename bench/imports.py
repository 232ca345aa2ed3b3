"""Times the import of each DAG file on top of Airflow's own import; prints one JSON line."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
# What the DAG processor has loaded before it parses a file, then the file alone.
PROBE = """
import sys, time
import airflow.sdk, airflow.dag_processing.dagbag, airflow.providers.standard.operators.hitl
import importlib.util
sys.path.append(sys.argv[1].rpartition("/")[0])
spec = importlib.util.spec_from_file_location("probed", sys.argv[1])
module = importlib.util.module_from_spec(spec)
began = time.perf_counter()
spec.loader.exec_module(module)
print((time.perf_counter() - began) * 1000)
"""


def measure(file: Path, home: str) -> float:
    """Returns the median milliseconds that one file takes, each time in a process of its own."""
    env = {
        "PATH": str(Path(sys.executable).parent),
        "HOME": home,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    times = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", PROBE, str(file)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        times.append(float(done.stdout.split()[-1]))
    return round(statistics.median(times), 1)


def main() -> None:
    """Measures every DAG file."""
    with tempfile.TemporaryDirectory() as home:
        found = {file.stem: measure(file, home) for file in sorted((ROOT / "dags").glob("*.py"))}
    print(
        json.dumps({"bench": "imports", "unit": "ms", "rounds": ROUNDS, "files": found, "slowest": max(found.values())})
    )


if __name__ == "__main__":
    main()
