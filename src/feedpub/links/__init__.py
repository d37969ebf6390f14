"""Outbound links: what an answer means (`policy`), what is remembered (`history`). Asking and reports are to come."""
