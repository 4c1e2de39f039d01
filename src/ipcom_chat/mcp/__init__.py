"""The front end for other programs: a server of the Model Context Protocol on stdin and stdout."""
