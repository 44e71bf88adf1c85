"""Telling other systems of tickets over HTTP, by the Standard Webhooks specification: what is said (`payload`) and how it is signed
(`signing`), whom it is said to (`addresses` refuses the inside of our network), what an answer comes to (`retry`), all of them pure; and
`post`, which does it. Nothing in here knows the database."""
