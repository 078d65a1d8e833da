"""Changes that the rules refuse. The text is for the person who asked: it says what is wrong and what to do."""


class Refused(Exception):
    """A refused change. Views show the text as a message; nothing was written."""
