"""Statuses and answers that several apps share."""

from typing import Any

from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url

# An invalid form is shown again with what was typed; the status says that nothing was saved.
INVALID = 422
CONFLICT = 409
# A condition in the address that does not exist: the page says so and shows what the valid ones leave.
BAD_QUERY = 400


def whole_number(text: str, *, digits: int = 18) -> int | None:
    """The number that a script or a hidden field sent, of at most so many digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def redirect_to_top(to: str, *args: Any, **kwargs: Any) -> HttpResponseRedirect:
    """The way back to a page whose forms are sent to an anchor of it, so that a refused one is in sight.

    A browser keeps that anchor through a redirect that names none, and would scroll past the message.
    """
    return HttpResponseRedirect(f"{resolve_url(to, *args, **kwargs)}#top")
