"""The Brazilian Portuguese catalogues; the keys are the English texts."""
