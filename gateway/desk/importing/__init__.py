"""Clients and open tickets of the desk that was there before: from the tables that Zammad, osTicket and Zoho Desk write out to ours.

`table` reads CSV as it comes, `desks` knows whose columns are called what, `reading` and `articles` make values of a row or say what is
wrong with it, and `keeping` writes them, each once. Called by the command line alone. All but `keeping` are PURE.
"""
