"""A folder of entries → a published folder.

Its modules are imported one by one, as they are needed.
"""
