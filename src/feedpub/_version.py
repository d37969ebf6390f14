"""The version. It is in a separate module so that importing it imports nothing else."""

__version__ = "0.1.0"
