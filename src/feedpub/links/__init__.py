"""Outbound links: asked for, judged, remembered, reported."""
