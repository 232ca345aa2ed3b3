"""What a connector says about itself, and how it ends."""

from __future__ import annotations

import inspect
import typing

from connectors.base import CallContext
from connectors.courtesy import Courtesy
from hub.scaffold.todos import open_todos
from hub.settings import Settings
from schemas.drift import nested_model
from tests.conformance.suite import check
from tests.conformance.trial import Trial


@check()
async def says_what_it_is(trial: Trial) -> None:
    """The class names the register in its docstring, and every question and feed says what it answers."""
    connector = trial.connector
    assert vars(connector).get("__doc__"), f"{connector.__name__} has no docstring"
    for name in (*connector.queries, *connector.feeds):
        assert getattr(connector, name).__doc__, f"{name} has no docstring"
    assert connector.queries or connector.feeds, "it offers nothing"


@check()
async def nothing_is_left_to_fill_in(trial: Trial) -> None:
    """No file of the register has a mark of something to fill in, and no example of its mappings waits."""
    todos = open_todos(trial.connector)
    assert not todos, f"{len(todos)} things are to be filled in, the first: {todos[0]}"


@check()
async def declares_its_courtesy(trial: Trial) -> None:
    """Rate, places and hours are the register's own, declared on its class."""
    assert isinstance(vars(trial.connector).get("courtesy"), Courtesy), "no courtesy of its own"


@check()
async def carries_its_ground(trial: Trial) -> None:
    """Every question takes the context with purpose and legal basis; every feed has its ground in the settings."""
    connector = trial.connector
    for name in connector.queries:
        hints = typing.get_type_hints(inspect.unwrap(getattr(connector, name)))
        assert CallContext in hints.values(), f"{name} takes no CallContext: nobody knows why it is asked"
    for name in connector.feeds:
        feed = Settings(_env_file=None).feed(f"{connector.system}.{name}")
        assert feed.legal_basis.strip(), f"{name} is copied without a legal basis"


@check()
async def models_are_strict(trial: Trial) -> None:
    """Wire models refuse unknown fields, at every depth, and show no value in their errors."""
    connector = trial.connector
    models = [one.model for one in connector.queries.values()] + [one.model for one in connector.feeds.values()]
    for model in models:
        assert model.model_config.get("extra") == "forbid", f"{model.__name__} takes unknown fields"
        assert model.model_config.get("hide_input_in_errors"), f"{model.__name__} shows values in its errors"
        inner = [nested_model(part.annotation) for part in model.model_fields.values()]
        models.extend(found for found in inner if found is not None and found not in models)


@check("http")
async def aclose_closes(trial: Trial) -> None:
    """Leaving the connector closes its connections."""
    async with trial.connect() as connector:
        await trial.act(connector=connector)
    assert connector.http.is_closed, "the client is still open"
    assert trial.wire.closed, "a connection is still open"
