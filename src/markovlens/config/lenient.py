"""What stands at a place of a config that may be wrong: nothing where it is of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def at(config: Any, place: str) -> Any:
    """Return what stands at a place such as `networks.models`; None where there is none."""
    for key in place.split("."):
        config = config.get(key) if isinstance(config, Mapping) else None
    return config


def mapping_at(config: Any, place: str) -> Mapping[Any, Any]:
    """Return the keys and values at a place."""
    found = at(config, place)
    return found if isinstance(found, Mapping) else {}


def list_at(config: Any, place: str) -> list[Any]:
    """Return the list at a place."""
    found = at(config, place)
    return found if isinstance(found, list) else []


def names_at(config: Any, place: str) -> list[str]:
    """Return the texts in the list at a place."""
    return [name for name in list_at(config, place) if isinstance(name, str)]
