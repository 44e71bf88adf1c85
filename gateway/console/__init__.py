"""The operators' window: pages and actions over what the desk does anyway. Only `app` mounts it.

`routes` puts the pages together, one module a page. `console` is what all of them share: it says who comes (`door`), what they may, answers
for what goes wrong, and hands each handler a `visit`. `pages` renders, `words` speaks three languages (`words/LANG/*.toml`), `assets`
serves the style and the script. Every page works without scripts.
"""
