"""The parts of the chat screen, one file each, named after what the user sees."""
