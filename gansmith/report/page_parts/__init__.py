"""What the page of a run is made of: its contents, charts, pictures and sections."""
