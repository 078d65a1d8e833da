"""Every change to the plan and its filings: plain functions with keyword-only arguments.

Each is atomic, locks the quarter and then the row, guards, saves, and writes the StatusChange. A refused change
raises WorkflowError and writes nothing.
"""
