"""Loud reading of environment variables: a typo stops the start, it never means "off"."""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding blanks, or `default` where it is unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    """A switch: 1/0, true/false, yes/no, on/off. Anything else raises ImproperlyConfigured."""
    raw = os.environ.get(name)
    if raw is None or not raw.strip():
        return default
    value = raw.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"环境变量 {name} 应为 1 或 0，现为 {raw!r}。")


def number(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number between `minimum` and `maximum`, both included."""
    raw = os.environ.get(name)
    if raw is None or not raw.strip():
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"环境变量 {name} 应为整数，现为 {raw!r}。") from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"环境变量 {name} 应在 {minimum} 与 {maximum} 之间，现为 {value}。")
    return value


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One word out of `allowed`."""
    value = text(name, default) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"环境变量 {name} 应为 {'、'.join(allowed)} 之一，现为 {value!r}。")
    return value


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list; empty items are dropped."""
    raw = os.environ.get(name)
    if raw is None:
        return list(default)
    return [item.strip() for item in raw.split(",") if item.strip()]
