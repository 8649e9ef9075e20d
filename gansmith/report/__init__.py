"""What a run looks like: plots, animations, and one page that can be sent to a friend."""
