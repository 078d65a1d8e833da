"""A frozen document in, bytes out: no query, no clock, no setting. What renders runs in a process of its own."""
