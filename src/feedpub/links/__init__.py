"""Outbound links: what an answer means (`policy`). The asking, the history and the reports are to come."""
