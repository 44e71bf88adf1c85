"""Words of tickets as they are searched for: cut, folded and brought to their stems, in three languages. PURE.

`words` cuts texts, `polish` stems Polish, `document` makes a ticket's vector, `query` reads what somebody asks for, `snippet` shows where
it stands. English and Russian stems are PostgreSQL's own (`storage/search.py`), and are handed in.
"""
