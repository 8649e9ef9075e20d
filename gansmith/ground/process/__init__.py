"""This process: how it was started, and what it does with freed memory."""
