"""Airflow on a database of its own, below the test's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.launch import environment
from hub.settings import get_settings


@pytest.fixture(scope="package")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The environment that the launcher gives Airflow, with SQLite for metadata; set before Airflow is imported."""
    var = tmp_path_factory.mktemp("airflow")
    environment.prepare(var)
    wanted = environment.airflow(var, 8080) | {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{var}/airflow.db",
        "AIRFLOW_API_APPS": "core",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    get_settings.cache_clear()
    yield var
    # Other packages must not meet this one's environment.
    get_settings.cache_clear()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="package")
def dag_bag(airflow_home: Path) -> Any:
    """All DAGs, parsed as the DAG processor parses them."""
    from airflow.dag_processing.dagbag import BundleDagBag

    from hub.settings import ROOT

    folder = ROOT / "dags"
    return BundleDagBag(dag_folder=str(folder), bundle_path=folder)
