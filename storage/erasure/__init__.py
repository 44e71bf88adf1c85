"""Taking somebody out of the database. `tickets` empties what was theirs, `arrived` their mail, `articles` what they wrote to others,
`people` takes rows that are theirs by address, `files` and `everywhere` look through all that is left, `records` remembers that it was
done. `gateway.desk.erasing` is the order in which they are called; nothing else calls them but `gateway.desk.retaining`."""
