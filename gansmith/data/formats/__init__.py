"""What sources are made of: folders, archives, IDX and NumPy files, Hugging Face data sets; listed, not yet decoded."""
