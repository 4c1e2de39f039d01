"""The front end for browsers: pages made on the server, which live without JavaScript, too."""
