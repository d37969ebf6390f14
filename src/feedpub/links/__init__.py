"""Outbound links: what an answer means (`policy`), and what is remembered (`history`). Asking and reports are to come."""
