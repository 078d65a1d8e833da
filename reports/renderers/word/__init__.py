"""The bulletin as an editable Word file: styles, document grid, sections, tables, pictures."""
