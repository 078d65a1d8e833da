"""The file that somebody brought, handed back with its faulty cells marked and commented, and a list of what is to be done.

`mark` in marking.py. The package is edited part by part (parts.py), so that what it has besides stays as it was, byte for byte:
charts, pictures, validations, protection. openpyxl and python-docx write only what they know.
"""
