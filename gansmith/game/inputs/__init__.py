"""What an update is computed from: drawn on the host, as one struct, before anything is computed."""
