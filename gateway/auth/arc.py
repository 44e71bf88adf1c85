"""Verifying an ARC chain (RFC 8617 §5.2) with keys that were fetched beforehand. Runs in the parse child: the content is hostile.

What a chain proves is for `forwarded` to say: anybody can seal anything with a key of their own.
"""

from collections.abc import Mapping, Sequence

from gateway.auth.covered import RELAXED, Covered, canonical_field, own_form
from gateway.auth.dkim import check_time, covers
from gateway.auth.keys import RefusedError, agrees, check_algorithm, new_digest, public_key
from gateway.auth.signature import Chain, Seal
from gateway.auth.tags import names
from gateway.auth.written import ArcSet, Faulty
from gateway.domain.verdict import Result


def verify_chain(sets: Sequence[ArcSet] | Faulty, covered: Covered, keys: Mapping[str, bytes], now: float) -> Chain:
    """`none` where there is no chain; `keys` and `now` as for `verify.verify_content`.

    Older message signatures are not verified: who forwards a message may change it, which is why ARC is there, and who sealed it next has
    looked at them (§5.2 step 4 leaves them to the verifier).
    """
    if isinstance(sets, Faulty):
        return Chain(sets.result, sets.why)
    if not sets:
        return Chain()
    seals = tuple([Seal(index, each.seal.domain, each.stated) for index, each in enumerate(sets, 1)])
    try:
        _check_status(sets)
        _check_message(sets[-1], covered, keys, now)
        _check_seals(sets, keys, now)
    except RefusedError as refused:
        return Chain(_result(refused.result), refused.why, seals)
    return Chain("pass", "", seals)


def _result(refused: Result) -> Result:
    """§4.4 knows pass, fail and none; a key that may yet be found is worth telling apart."""
    return "temperror" if refused == "temperror" else "fail"


def _check_status(sets: Sequence[ArcSet]) -> None:
    """Steps 2 and 3: what each sealer found of the chain before it."""
    for index, each in enumerate(sets, 1):
        if each.seal.tags.get("cv") != ("none" if index == 1 else "pass"):
            raise RefusedError("fail", f"the seal of {each.seal.domain} (i={index}) does not say that the chain before it was whole")


def _check_message(newest: ArcSet, covered: Covered, keys: Mapping[str, bytes], now: float) -> None:
    signed = newest.message
    if "arc-seal" in names(signed.tags.get("h", "")):
        raise RefusedError("fail", f"the newest message signature, of {signed.domain}, covers an ARC-Seal")  # §4.1.2
    try:
        check_time(signed.tags, now)
        complete = covers(signed, covered, keys)
    except RefusedError as refused:
        raise RefusedError(refused.result, f"the newest message signature, of {signed.domain}: {refused.why}") from None
    if not complete:
        raise RefusedError("fail", f"the newest message signature, of {signed.domain}, covers the beginning of the body only")


def _check_seals(sets: Sequence[ArcSet], keys: Mapping[str, bytes], now: float) -> None:
    """Step 6: each seal covers all sets up to its own (§5.1.1), so that what is hashed for one is the beginning for the next."""
    before = new_digest()
    for index, each in enumerate(sets, 1):
        before.update(canonical_field(RELAXED, each.results.raw_name, each.results.value))
        before.update(canonical_field(RELAXED, each.message.field.raw_name, each.message.field.value))
        digest = before.copy()
        digest.update(own_form(RELAXED, each.seal.field))
        try:
            _check_seal(each, digest.digest(), keys, now)
        except RefusedError as refused:
            raise RefusedError(refused.result, f"the seal of {each.seal.domain} (i={index}): {refused.why}") from None
        before.update(canonical_field(RELAXED, each.seal.field.raw_name, each.seal.field.value))


def _check_seal(each: ArcSet, digest: bytes, keys: Mapping[str, bytes], now: float) -> None:
    if "h" in each.seal.tags:
        raise RefusedError("fail", "it has an h=")  # §4.1.3
    check_algorithm(each.seal.tags)
    check_time(each.seal.tags, now)
    if not agrees(public_key(each.seal, keys), digest, each.seal):
        raise RefusedError("fail", "the chain was changed after it was sealed, or another key sealed it")
