"""Search by meaning: vectors of questions beside the replica, and the process that makes them."""
