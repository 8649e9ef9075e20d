"""A run in a notebook, live: a widget around the studio's samples and curves (`gansmith.live`)."""
