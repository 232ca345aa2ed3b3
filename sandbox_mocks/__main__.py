"""Runs the twins: `python -m sandbox_mocks --port 0 --seed 1 --people 2000`."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import uvicorn

from sandbox_mocks.app import create_app
from sandbox_mocks.business.app import PATH as BUSINESS_PATH
from sandbox_mocks.business.credentials import Credentials as BusinessCredentials
from sandbox_mocks.civil_status.app import PATH as CIVIL_STATUS_PATH
from sandbox_mocks.civil_status.credentials import Credentials as CivilStatusCredentials
from sandbox_mocks.country import Country
from sandbox_mocks.payment.app import PATH as PAYMENT_PATH
from sandbox_mocks.payment.partners import Credentials as PaymentCredentials
from sandbox_mocks.population.app import PATH
from sandbox_mocks.population.credentials import Credentials as PopulationCredentials
from sandbox_mocks.treasury.app import PATH as TREASURY_PATH
from sandbox_mocks.treasury.credentials import Credentials as TreasuryCredentials
from sandbox_mocks.twins import further_twins

HOST = "127.0.0.1"
_GRACE_SECONDS = 1


def main(arguments: list[str] | None = None) -> int:
    """Serves the twins on loopback until it is told to stop; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        country = Country(options.seed, options.people, options.defect_rate)
    except ValueError as refused:
        return _complain(str(refused))
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except OSError as refused:
        return _complain(f"port {options.port} on {HOST} can't be used ({refused.strerror}); name another or --port 0")
    base = f"http://{HOST}:{listener.getsockname()[1]}"
    registers = {
        "population": base + PATH,
        "wsdl": f"{base}{PATH}?wsdl",
        "business": base + BUSINESS_PATH,
        "civil_status": base + CIVIL_STATUS_PATH,
        "payment": f"{base}{PAYMENT_PATH}/giaodich",
        "treasury": base + TREASURY_PATH,
        **{name: base + twin.PATH for name, twin in further_twins().items()},
    }
    ready = {"url": base, **registers, "pid": os.getpid()}
    server = _Server(
        # No access log: a line per call would be one more place where callers leave traces.
        uvicorn.Config(
            create_app(
                country,
                PopulationCredentials(**_given("POPULATION", PopulationCredentials)),
                BusinessCredentials(**_given("BUSINESS", BusinessCredentials)),
                civil_status_credentials=CivilStatusCredentials(**_given("CIVIL_STATUS", CivilStatusCredentials)),
                payment_credentials=PaymentCredentials(**_given("PAYMENT", PaymentCredentials)),
                base=base,
                treasury_credentials=TreasuryCredentials(**_given("TREASURY", TreasuryCredentials)),
                files=options.files,
            ),
            access_log=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        json.dumps({**ready, "seed": options.seed, "people": options.people}),
        options.ready_file,
    )
    server.run(sockets=[listener])
    return 0


class _Server(uvicorn.Server):
    """A server that says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, ready: str, ready_file: Path | None) -> None:
        super().__init__(config)
        self._ready, self._ready_file = ready, ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then writes the base URL as one line of JSON."""
        await super().startup(sockets=sockets)
        if self._ready_file is not None:
            # Renamed into place, so that whoever waits for the file never reads half of it.
            unfinished = self._ready_file.with_name(self._ready_file.name + ".tmp")
            unfinished.write_text(self._ready + "\n", encoding="utf-8")
            unfinished.replace(self._ready_file)
        sys.stdout.write(self._ready + "\n")
        sys.stdout.flush()


def _given(register: str, credentials: type) -> dict[str, Any]:
    """Reads credentials from SANDBOX_POPULATION_USER, SANDBOX_BUSINESS_ACCESS_KEY and the like; none is needed."""
    names = (field.name for field in fields(credentials) if field.type == "str")
    given = {name: os.environ.get(f"SANDBOX_{register}_{name.upper()}") for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox_mocks", description="Sandbox twins of the national systems."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="every seed is another country")
    parser.add_argument("--people", type=int, default=2000, help="people born by the end of 2026")
    parser.add_argument("--defect-rate", type=float, default=1.0, help="multiplies the rates of defects; 0: none")
    parser.add_argument("--files", type=Path, help="folder into which treasury and banks deliver files on demand")
    parser.add_argument("--ready-file", type=Path, help="file to write the base URL to, as JSON, once the twin answers")
    return parser


def _complain(text: str) -> int:
    sys.stderr.write(f"sandbox_mocks: {text}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
