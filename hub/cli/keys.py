"""Commands about the hub's own keys."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.terminal import AsJson, console, print_json, progress

app = typer.Typer(help="Keys: init, rotate.", no_args_is_help=True)


@app.command("init", epilog="Example: hub keys init")
def init(as_json: AsJson = False) -> None:
    """Makes the first key ring and token key in HUB_KEYS_DIR; back them up: without them the store can't be opened."""
    from hub.exchange.signing_keys import create_signing_key
    from hub.settings import get_settings
    from hub.trust.keys import KeyRing

    folder = get_settings().keys_path()
    ring = KeyRing.create(folder)
    token = create_signing_key(folder)
    if as_json:
        print_json({"folder": str(folder), "master": ring.master_version, "index": ring.index_versions, "token": token})
    else:
        console().print(f"new keys lie in {folder}: back them up apart from the database")


@app.command("rotate", epilog="Example: hub keys rotate master")
def rotate(
    purpose: Annotated[str, typer.Argument(help="master (re-wraps data keys) or index (re-indexes numbers).")],
    as_json: AsJson = False,
) -> None:
    """Adds a new key version and moves everything under it; may be repeated after an interruption."""
    from hub.cli.failures import Failed
    from hub.settings import get_settings
    from hub.store import rotation
    from hub.trust import keys

    if purpose not in ("master", "index"):
        raise Failed(f"rotate master or index, not {purpose!r}")
    settings = get_settings()
    ring = keys.KeyRing.load(settings)
    # More than one version in force is a rotation that was interrupted: it is finished before a new one begins.
    if len(ring.master_versions if purpose == "master" else ring.index_versions) == 1:
        (keys.rotate_master if purpose == "master" else keys.rotate_index)(settings)
        ring = keys.KeyRing.load(settings)
    newest = ring.master_version if purpose == "master" else ring.index_versions[0]
    with progress(f"rotating {purpose}"):
        done = (rotation.rewrap if purpose == "master" else rotation.rotate_index)(settings, ring)
        for version in done.retired:
            (keys.retire_master if purpose == "master" else keys.retire_index)(settings, version)
    told = {"purpose": purpose, "version": newest, "moved": done.moved, "proved": done.proved, "retired": done.retired}
    if as_json:
        print_json(told)
    else:
        console().print(
            f"{purpose} key {newest} is in force; {done.moved} rows moved, old versions {done.retired} removed"
        )
