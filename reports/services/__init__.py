"""Changes to bulletins: drafts.py, issuing.py."""
