"""`deskgate demo`: the main job on a database of its own, told step by step. `story` has the mails, `stage` the running gateway."""
