"""`airflow.cfg`: every key is one that Airflow knows, no secret stands in it, and nothing listens beyond loopback."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.settings import ROOT


@pytest.fixture(scope="module")
def written() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "airflow.cfg")
    return parser


def test_every_key_is_one_of_airflows(airflow_home: Path, written: configparser.ConfigParser) -> None:
    """A misspelt option would be ignored in silence."""
    from airflow.configuration import conf

    known: Any = conf.configuration_description
    unknown = [
        f"{section}.{key}"
        for section in written.sections()
        for key in written[section]
        if key.removesuffix("_cmd") not in known.get(section, {}).get("options", {})
    ]

    assert unknown == []


def test_no_secret_stands_in_the_file(written: configparser.ConfigParser) -> None:
    """What is secret comes from a command."""
    for section, key in (("api_auth", "jwt_secret"), ("api", "secret_key"), ("core", "fernet_key")):
        assert key not in written[section]
        assert written[section][f"{key}_cmd"].startswith("python -m hub.launch.secret ")
    assert "sql_alchemy_conn" not in written["database"]


def test_nobody_is_admin_without_a_password(written: configparser.ConfigParser) -> None:
    """Users have generated passwords and different rights, and the server listens on loopback."""
    assert written["core"]["simple_auth_manager_all_admins"] == "False"
    assert written["core"]["simple_auth_manager_users"] == "admin:admin,steward:op,auditor:viewer"
    assert written["api"]["host"] == "127.0.0.1"


def test_the_keys_reach_airflow(airflow_home: Path) -> None:
    """Airflow reads its keys from the commands: the same ones in every process."""
    script = "from airflow.configuration import conf; print(conf.get('api_auth', 'jwt_secret'))"

    first, second = (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    )

    assert first == second
    assert first.encode() == (airflow_home / "airflow" / "secrets" / "jwt").read_bytes()
