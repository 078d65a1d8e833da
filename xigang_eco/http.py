"""Statuses and answers that several apps share."""

# An invalid form is shown again with what was typed; the status says that nothing was saved.
INVALID = 422
CONFLICT = 409
