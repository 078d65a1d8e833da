"""Why a file could not be read. The text is for the person who brought the file: what is wrong, what to do."""


class ImportFailure(Exception):
    """A file that gives no plan."""


class Unreadable(ImportFailure):
    """Not a document of a kind that can be read, or a damaged one."""


class TooLarge(ImportFailure):
    """Over a limit that keeps reading bounded in time and memory."""


class NoPlanFound(ImportFailure):
    """A document that could be read and holds no plan."""
