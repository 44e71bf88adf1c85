"""What letters say: from facts to subject, text and HTML, in the recipient's language. PURE.

`write.write_letter(facts, templates)` is the door. Built-in templates stand in `templates/LANG/NAME.txt`; an operator's (`operators.py`) go
before them, once `examine.py` has found no fault. What they may say is `macros.py` and `grammar.py`. Words of a message are values in
them, never template source. Fixed lines are in `texts.py`; why a command was refused or a mail held is said by `problems.py`.
"""
