"""What an agent orders by the commands under a reply: each resolved against the desk, or refused with what is wrong (O1–O9). PURE."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from gateway.desk.colleagues import colleague
from gateway.desk.commands.grammar import Parsed, parse_commands
from gateway.desk.commands.values import addresses_in, tags_in
from gateway.desk.commands.vocabulary import Vocabulary, vocabulary
from gateway.desk.identify import is_ours
from gateway.domain.commands import Command, CommandName, Problem, Refusal
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.letter import one_line
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import Status
from gateway.domain.steps import AddCc, AddTags, Assign, Person, SetCategory, SetDepartment, SetPriority, SetStatus, SetSubject, Step
from gateway.mail.address import address_key
from gateway.mail.message import Body
from gateway.tokens.masking import mask_tokens

STATUS = {
    CommandName.OPEN: Status.OPEN,
    CommandName.PENDING: Status.PENDING,
    CommandName.CLOSED: Status.CLOSED,
    CommandName.SPAM: Status.SPAM,
    CommandName.TRASH: Status.TRASH,
    CommandName.RESOLVED: Status.RESOLVED,
    CommandName.CANCELLED: Status.CANCELLED,
    CommandName.IN_PROGRESS: Status.OPEN,
}
KEPT_FROM_CLIENTS = (CommandName.NOTE, CommandName.PRIVATE)
"""Commands whose mail must not reach the client when they cannot be told from its text."""

WHERE_IT_GOES = {CommandName.MERGE: 0, CommandName.DEPARTMENT: 1}
"""Commands that are read before the others, in this order: where a ticket goes decides who may have it, and what may be used on it."""

MOST_COMMANDS = 100
MOST_ADDRESSES = 50
MOST_TAGS = 50
LONGEST_SUBJECT = 500
LONGEST_CATEGORY = 100
HIGHEST_NUMBER = 2**63 - 1
NUMBER = re.compile(r"\[?[#№]?\s?([0-9]{1,19})\]?")


@dataclass(frozen=True, slots=True)
class Orders:
    """`reply` is the text without its commands; `words` are what goes out: with the canned reply put in. `to` None: as the ticket has it.

    `withheld`: a note's words may stand in the text, so nothing of it is sent and nothing done.
    """

    reply: str = ""
    words: str = ""
    signature: str = ""
    settings: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    to: tuple[Person, ...] | None = None
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    from_address: str | None = None
    private: bool = False
    merge_into: int | None = None
    help: bool = False
    obeyed: tuple[Command, ...] = ()
    refused: tuple[Refusal, ...] = ()
    withheld: bool = False
    unsigned: bool = False
    """Its signature holds commands, and is kept back."""
    aside: bool = False
    """It answers a letter that shows a note: no word of it is a reply."""

    @property
    def any(self) -> bool:
        return bool(self.obeyed or self.refused)


def words_of_desk(organisation: Organisation) -> Vocabulary:
    return vocabulary(organisation.desk.command_languages, organisation.desk.command_words)


def parsed(text: str, organisation: Organisation) -> Parsed:
    return parse_commands(text, words_of_desk(organisation), organisation.desk.command_position)


def tickets_named(text: str, organisation: Organisation) -> tuple[int, ...]:
    """Numbers of other tickets that the commands name: the rows to lock before anything is decided."""
    # Anywhere: what stands below them may yet prove to be a signature, or a mail that is passed on.
    found = parse_commands(text, words_of_desk(organisation), "anywhere")
    merges = [each.value for each in found.commands if each.name is CommandName.MERGE]
    return tuple(each for each in map(ticket_number, merges[:MOST_COMMANDS]) if each is not None)


def read_orders(body: Body, agent: Agent, department: str, ticket: KnownTicket | None, facts: Facts, organisation: Organisation) -> Orders:
    """`department` is the ticket's; `ticket` None: these commands stand in the mail that opens it."""
    whole = parsed(body.new_text, organisation)
    found = bounded(whole)
    signed = in_signature(body.signature, organisation)
    kept = [each for each in (*whole.stray, *signed) if each.name in KEPT_FROM_CLIENTS]
    # `@private please` is ignored, as O9 says; the words that it was to keep are kept all the same.
    kept += [each for each in whole.ignored if each.name is CommandName.PRIVATE]
    signed = signed[:MOST_COMMANDS]
    if kept:
        named: tuple[Command | Refusal, ...] = (*kept[:MOST_COMMANDS], *found.commands)
        undone = (Refusal(each.name, each.value, each.line, Problem.WITHHELD) for each in named)
        ignored = (each for each in found.ignored if each not in kept)
        return Orders(found.reply, found.reply, found.signature, refused=(*ignored, *undone), withheld=True)
    reading = Reading(agent, department, ticket, facts, organisation)
    reading.refused += [*found.ignored, *found.stray, *signed]
    ordered = sorted(found.commands, key=lambda each: WHERE_IT_GOES.get(each.name, len(WHERE_IT_GOES)))
    obeyed = [each for each in ordered if reading.read(each)]
    orders = reading.orders(found, tuple(each for each in found.commands if each in obeyed))
    return replace(orders, unsigned=bool(signed))


def in_signature(signature: str, organisation: Organisation) -> list[Refusal]:
    """Signatures are cut before commands are read; yet who wrote one below theirs must be told, and a note there must not go out."""
    found = parse_commands(signature, words_of_desk(organisation), "anywhere")
    named: tuple[Command | Refusal, ...] = (*found.commands, *found.ignored)
    return [Refusal(each.name, each.value, each.line, Problem.IN_SIGNATURE) for each in named]


def bounded(found: Parsed) -> Parsed:
    """A mail of nothing but commands must not make as many rows: those past the bound are out of the text, and count for nothing."""
    return replace(found, commands=found.commands[:MOST_COMMANDS], ignored=found.ignored[:MOST_COMMANDS], stray=found.stray[:MOST_COMMANDS])


@dataclass(slots=True)
class Reading:
    """The commands of one mail, read one by one: of settings given twice the last counts, lists add up."""

    agent: Agent
    department: str
    ticket: KnownTicket | None
    facts: Facts
    organisation: Organisation
    settings: dict[type, Step] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    to: list[Person] | None = None
    cc: list[Person] = field(default_factory=list)
    bcc: list[Person] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    template: str | None = None
    from_address: str | None = None
    private: bool = False
    merge_into: int | None = None
    help: bool = False
    refused: list[Refusal] = field(default_factory=list)

    def read(self, command: Command) -> bool:
        """Whether it is obeyed, at least in part."""
        if command.name in STATUS:
            self.settings[SetStatus] = SetStatus(STATUS[command.name])
            return True
        return HANDLERS[command.name](self, command)

    def refuse(self, command: Command, problem: Problem, details: Iterable[str] = ()) -> bool:
        self.refused.append(Refusal(command.name, command.value, command.line, problem, tuple(details)))
        return False

    def orders(self, found: Parsed, obeyed: tuple[Command, ...]) -> Orders:
        added: list[Step] = [AddTags(tuple(self.tags))] if self.tags else []
        added += [AddCc(tuple(self.cc))] if self.cc else []
        return Orders(
            reply=found.reply,
            words="\n\n".join(filter(None, (self.template, found.reply))),
            signature=found.signature,
            settings=(*self.settings.values(), *added),
            notes=tuple(self.notes),
            to=tuple(self.to) if self.to is not None else None,
            cc=tuple(self.cc),
            bcc=tuple(self.bcc),
            from_address=self.from_address,
            private=self.private,
            merge_into=self.merge_into,
            help=self.help,
            obeyed=obeyed,
            refused=tuple(self.refused),
        )

    def me(self, command: Command) -> bool:
        return self._assign(self.agent.address, command)

    def assignee(self, command: Command) -> bool:
        return self._assign(command.value, command)

    def _assign(self, named: str, command: Command) -> bool:
        addresses = addresses_in(named)[0] if "@" in named else ()
        found = colleague(addresses[0] if len(addresses) == 1 else named, self.department, self.organisation)
        if not isinstance(found, Agent):
            return self.refuse(command, *found)
        self.settings[Assign] = Assign(found.address)
        return True

    def subject(self, command: Command) -> bool:
        subject = mask_tokens(one_line(command.value))
        if len(subject) > LONGEST_SUBJECT:
            return self.refuse(command, Problem.TOO_LONG, (str(LONGEST_SUBJECT),))
        if not subject:
            return self.refuse(command, Problem.MISSING_VALUE)
        self.settings[SetSubject] = SetSubject(subject)
        return True

    def copy(self, command: Command) -> bool:
        return self._add_people(command, self.cc)

    def blind_copy(self, command: Command) -> bool:
        return self._add_people(command, self.bcc)

    def recipients(self, command: Command) -> bool:
        self.to = self.to or []
        if self._add_people(command, self.to):
            return True
        # Nobody is left to write to instead: the reply goes where it would have gone.
        self.to = self.to or None
        return False

    def _add_people(self, command: Command, people: list[Person]) -> bool:
        """Of a list with one bad address the good ones act."""
        good, bad = addresses_in(command.value)
        own = [each for each in good if is_ours(address_key(each), self.organisation)]
        left = [each for each in good if self._has_left(each)]
        usable = [each for each in good if each not in own and each not in left]
        if bad or not good:
            self.refuse(command, Problem.BAD_ADDRESS, bad or (command.value,))
        if own:
            self.refuse(command, Problem.OWN_ADDRESS, own)
        if left:
            self.refuse(command, Problem.INACTIVE_AGENT, left)
        if len(people) + len(usable) > MOST_ADDRESSES:
            return self.refuse(command, Problem.TOO_MANY, (str(MOST_ADDRESSES),))
        known = {address_key(each.address) for each in people}
        people += [Person("", each) for each in usable if address_key(each) not in known]
        return bool(usable)

    def _has_left(self, address: str) -> bool:
        """An agent who is not active gets nothing."""
        agent = self.organisation.agent(address_key(address))
        return agent is not None and not agent.active

    def add_tags(self, command: Command) -> bool:
        wished = tags_in(command.value)
        if not wished:
            return self.refuse(command, Problem.MISSING_VALUE)
        if len(self.tags) + len(wished) > MOST_TAGS:
            return self.refuse(command, Problem.TOO_MANY, (str(MOST_TAGS),))
        known = {each.casefold() for each in self.tags}
        self.tags += [each for each in wished if each.casefold() not in known]
        return True

    def note(self, command: Command) -> bool:
        self.notes.append(command.value)
        return True

    def priority(self, command: Command) -> bool:
        priority = words_of_desk(self.organisation).priority(command.value)
        if priority is None:
            return self.refuse(command, Problem.UNKNOWN_PRIORITY, ("low", "normal", "high", "urgent"))
        self.settings[SetPriority] = SetPriority(priority)
        return True

    def category(self, command: Command) -> bool:
        category = one_line(command.value)
        if len(category) > LONGEST_CATEGORY:
            return self.refuse(command, Problem.TOO_LONG, (str(LONGEST_CATEGORY),))
        known = {each.category.casefold(): each.category for each in self.organisation.gateways if each.category}
        self.settings[SetCategory] = SetCategory(known.get(category.casefold(), category))
        return True

    def move(self, command: Command) -> bool:
        wished = command.value.casefold()
        for each in self.organisation.departments:
            if wished in (each.key.casefold(), each.name.casefold()):
                self.settings[SetDepartment] = SetDepartment(each.key)
                self.department = each.key
                return True
        return self.refuse(command, Problem.UNKNOWN_DEPARTMENT, (each.name for each in self.organisation.departments))

    def put_template(self, command: Command) -> bool:
        reply = self.organisation.canned_reply(command.value, self.agent, self.department)
        if reply is None:
            return self.refuse(command, Problem.UNKNOWN_TEMPLATE, self.organisation.canned_replies_for(self.agent, self.department))
        self.template = reply.text.strip("\n")
        return True

    def send_from(self, command: Command) -> bool:
        choices = self.organisation.from_choices(self.department, self.facts.verified_senders)
        addresses, _ = addresses_in(command.value)
        wished = {address_key(each) for each in addresses} or {command.value.casefold()}
        for each in choices:
            if wished & {address_key(each.address), each.name.casefold()}:
                self.from_address = each.address
                return True
        return self.refuse(command, Problem.FROM_NOT_ALLOWED, (each.address for each in choices))

    def keep_private(self, _: Command) -> bool:
        self.private = True
        return True

    def merge(self, command: Command) -> bool:
        number = ticket_number(command.value)
        if number is None:
            return self.refuse(command, Problem.NOT_A_NUMBER)
        other = self.facts.ticket(number)
        problem = self._why_not_merged(other)
        if problem is not None:
            return self.refuse(command, *problem)
        assert other is not None
        self.merge_into, self.department = other.number, other.department
        return True

    def _why_not_merged(self, other: KnownTicket | None) -> tuple[Problem, tuple[str, ...]] | None:
        if self.ticket is None:
            return Problem.NO_TICKET_YET, ()
        if other is None:
            return Problem.UNKNOWN_TICKET, ()
        if other.number == self.ticket.number:
            return Problem.SAME_TICKET, ()
        if other.department not in self.agent.departments:
            return Problem.OTHER_DEPARTMENT, (other.department,)
        if other.client.id != self.ticket.client.id and not self.organisation.desk.merge_across_clients:
            return Problem.OTHER_CLIENT, ()
        return None

    def give_help(self, _: Command) -> bool:
        self.help = True
        return True


def ticket_number(value: str) -> int | None:
    """`12`, `#12`, `№12`, or `[#12]` as subjects have it; a number that no row can have is none."""
    found = NUMBER.fullmatch(value)
    return int(found[1]) if found is not None and 0 < int(found[1]) <= HIGHEST_NUMBER else None


HANDLERS: dict[CommandName, Callable[[Reading, Command], bool]] = {
    CommandName.ME: Reading.me,
    CommandName.ASSIGNEE: Reading.assignee,
    CommandName.SUBJECT: Reading.subject,
    CommandName.CC: Reading.copy,
    CommandName.BCC: Reading.blind_copy,
    CommandName.TO: Reading.recipients,
    CommandName.TAGS: Reading.add_tags,
    CommandName.NOTE: Reading.note,
    CommandName.PRIORITY: Reading.priority,
    CommandName.CATEGORY: Reading.category,
    CommandName.DEPARTMENT: Reading.move,
    CommandName.TEMPLATE: Reading.put_template,
    CommandName.FROM: Reading.send_from,
    CommandName.PRIVATE: Reading.keep_private,
    CommandName.MERGE: Reading.merge,
    CommandName.HELP: Reading.give_help,
}
