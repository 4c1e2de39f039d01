"""The search: what people type, the index beside the replica, and the rules that fit the two."""
