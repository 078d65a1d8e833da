"""Statuses and answers that several apps share."""

# An invalid form is shown again with what was typed; the status says that nothing was saved.
INVALID = 422
CONFLICT = 409
# A condition in the address that does not exist: the page says so and shows what the valid ones leave.
BAD_QUERY = 400
