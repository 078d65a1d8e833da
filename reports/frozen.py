"""Figures as plain JSON and back: what an issued quarter is read from."""

import types
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from reports.figures_types import MeasureFigures, PlanFigures


def to_json(value: Any) -> Any:
    """Plain JSON types: dataclasses become dicts, Decimals text, tuples lists."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def figures_from_json(data: dict[str, Any]) -> PlanFigures:
    """The PlanFigures that `to_json` froze. Raises KeyError or ValueError on data of another shape."""
    return _build(PlanFigures, data)


def measure_from_json(data: dict[str, Any]) -> MeasureFigures:
    """One measure of these figures, read by itself."""
    measure: MeasureFigures = _build(MeasureFigures, data)
    return measure


def _build(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return (
            None if value is None else _build(next(t for t in get_args(kind) if t is not type(None)), value)
        )
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in value)
    if origin is dict:
        return dict(value)
    if is_dataclass(kind):
        hints = _hints(kind)
        build: Any = kind
        return build(
            **{
                field.name: _build(hints[field.name], value[field.name])
                for field in fields(kind)
                # A field that came after the quarter was issued has its default.
                if field.name in value or field.default is MISSING
            }
        )
    if kind is Decimal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind(value)
    return value


_HINTS: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]
