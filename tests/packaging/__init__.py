"""How Deskgate is installed and told of: the Dockerfile, the locks, the Makefile, continuous integration, the documents."""
