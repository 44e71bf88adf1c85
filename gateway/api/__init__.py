"""What other programs do with the desk, over HTTP: `/api/v1`. Only `app` mounts it.

`routes` puts the operations together, one module a kind of thing. An `operation` says of itself what it takes and gives: the same
declaration checks a request and becomes the description in OpenAPI (`openapi`, `reference`). `api` answers a request by it: who asks
(`bearer`), whether they may, what they sent (`asked`), once though they ask twice, and a problem (`problems`) for all that goes wrong.
"""
