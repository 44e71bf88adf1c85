"""Letters on their way out: `assemble` makes the bytes, `sign` signs them, `deliver` (SMTP) or `directory` (files) hands them over, `retry`
decides what an answer means and when to try again. `workers.sender` is the only caller; the command line borrows `assemble` and `sign` to
show a letter.
"""
