"""`deskgate ratings`: how content clients are, in sums."""

import argparse
import csv
import sys
from collections.abc import Sequence

from gateway.cli.output import print_json, print_table
from gateway.cli.work import work
from gateway.deeds.ratings import GROUPS, document, level_name, overall, scores_of, sums_by
from gateway.domain.organisation import Organisation
from storage import ratings
from storage.ratings import Tally


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await ratings.tallies(session, options.since)
    groups = GROUPS if options.by is None else (options.by,)
    scores = scores_of(found, opened.organisation)
    if options.json:
        print_json(document(found, groups, scores, opened.organisation) | {"since": options.since})
    elif options.csv:
        write_csv(found, groups, scores)
    else:
        print_ratings(found, groups, scores, opened.organisation)


def write_csv(tallies: Sequence[Tally], groups: Sequence[str], scores: Sequence[int]) -> None:
    """A row a group; the row `all` is everything together."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(("by", "name", "count", "mean", *scores))
    total = overall(tallies)
    rows.writerow(("all", "", total.count, total.mean, *(total.counts[score] for score in scores)))
    for group in groups:
        for each in sums_by(group, tallies):
            rows.writerow((group, each.name, each.count, each.mean, *(each.counts[score] for score in scores)))


def print_ratings(tallies: Sequence[Tally], groups: Sequence[str], scores: Sequence[int], organisation: Organisation) -> None:
    total = overall(tallies)
    if not total.count:
        print("no ratings: clients are asked when their ticket is resolved")
        return
    levels = [(score, level_name(score, tallies, organisation), total.counts[score]) for score in scores]
    print_table(("score", "level", "ratings"), levels, "")
    print(f"\n{total.count} ratings, mean {total.mean:.2f}")
    for group in groups:
        print()
        rows = [(each.name, each.count, f"{each.mean:.2f}", *(each.counts[score] for score in scores)) for each in sums_by(group, tallies)]
        print_table((group, "ratings", "mean", *map(str, scores)), rows, "")
