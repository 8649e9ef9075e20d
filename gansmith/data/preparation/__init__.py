"""From a listed source to a store: decoding, resizing, and writing on all cores."""
