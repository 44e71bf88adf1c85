"""What a ticket is found by, within what PostgreSQL takes."""

from gateway.search.document import MOST_OCTETS, POSITIONS, Document, Passage, vector, words_to_stem


def test_words_carry_their_places_and_weights() -> None:
    document = Document((7, 3), "en", (Passage("A", "Printers"), Passage("C", "the printers of #5")))
    assert words_to_stem([document]) == {"printers", "the", "of"}
    assert vector(document, {"printers": "printer", "the": None, "of": None}) == "'#7':1A '#3':1A 'printer':12A,24C '5':26C '#5':26C"


def test_polish_words_have_their_polish_stem_beside_in_tickets_that_are_polish() -> None:
    polish = Document((1,), "en", (Passage("C", "Proszę o fakturę"),))
    english = Document((1,), "en", (Passage("C", "window"),))
    assert "'/faktur'" in vector(polish, {})
    assert "/" not in vector(english, {})
    assert "'/" in vector(Document((1,), "pl", (Passage("C", "window"),)), {})


def test_the_longest_tickets_stay_within_the_bounds_of_a_vector() -> None:
    different = Document((1,), "pl", (Passage("C", " ".join(f"{'слово' * 11}{each}" for each in range(100_000))),))
    written = vector(different, {})
    assert 100_000 < len(written.encode()) < 2 * MOST_OCTETS
    same = vector(Document((1,), "en", (Passage("C", "same " * 10_000),)), {})
    assert same.partition("'same':")[2].count(",") == POSITIONS - 1
