"""The full-screen chat, on Textual; it paints state and posts messages, and decides nothing."""
