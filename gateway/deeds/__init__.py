"""What people do to the desk through a door other than mail: the command line, the console, the API. Each deed is one file's functions, in
the caller's transaction, with the same checks whichever the door; `deed` is its entry in the audit log.
"""
