"""A desk with years behind it, for its window to show: tickets in three languages with articles, letters, mail and ratings, by SQL."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.desk.indexing import index_some
from storage import engine as storage_engine
from storage.search import Stems

ARTICLES: Final = 3
"""Of a ticket."""
TICKETS_OF_A_CLIENT: Final = 4
BATCH: Final = 500
"""Tickets whose words are indexed in a transaction."""

# What people write to desks. Each article has four of them and what makes it unlike others: an order, a model, a day.
SENTENCES: Final = {
    "en": (
        "The invoice shows a different amount than the order.",
        "My printer does not print since the last update.",
        "Could you please send the confirmation once more?",
        "I paid by card and still see the reminder.",
        "The parcel arrived damaged, and a part is missing.",
        "We cannot log in with the new password.",
        "Please change the delivery address of our subscription.",
        "The screen stays black after the restart.",
        "Your colleague promised a refund within two weeks.",
        "Attached you find the photos and the serial number.",
        "When will the technician come to our office?",
        "The export of all customers stops halfway with an error.",
    ),
    "ru": (
        "В счёте указана другая сумма, чем в заказе.",
        "После обновления принтер перестал печатать документы.",
        "Пришлите, пожалуйста, подтверждение ещё раз.",
        "Оплата прошла по карте, но напоминания приходят.",
        "Посылка пришла повреждённой, не хватает одной детали.",
        "Мы не можем войти с новым паролем.",
        "Измените, пожалуйста, адрес доставки нашей подписки.",
        "После перезагрузки экран остаётся чёрным.",
        "Ваш сотрудник обещал вернуть деньги за две недели.",
        "Прикладываю фотографии и серийный номер устройства.",
        "Когда мастер приедет к нам в офис?",
        "Выгрузка клиентов останавливается с ошибкой.",
    ),
    "pl": (
        "Na fakturze jest inna kwota niż w zamówieniu.",
        "Drukarka nie drukuje od ostatniej aktualizacji.",
        "Proszę jeszcze raz przysłać potwierdzenie zamówienia.",
        "Zapłaciłem kartą, a nadal dostaję przypomnienia o płatności.",
        "Paczka przyszła uszkodzona i brakuje jednej części.",
        "Nie możemy zalogować się nowym hasłem.",
        "Proszę zmienić adres dostawy naszej prenumeraty.",
        "Po ponownym uruchomieniu ekran pozostaje czarny.",
        "Państwa pracownik obiecał zwrot pieniędzy w ciągu dwóch tygodni.",
        "W załączniku przesyłam zdjęcia i numer seryjny.",
        "Kiedy technik przyjedzie do naszego biura?",
        "Eksport klientów zatrzymuje się z błędem.",
    ),
}
WORDS: Final = "(ARRAY[{}])".format(", ".join("'" + "|".join(each) + "'" for each in SENTENCES.values()))
SPOKEN: Final = "(ARRAY['en', 'ru', 'pl'])[1 + n % 3]"


def sentence(of: str) -> str:
    """One by a number that `of` makes, of the language of ticket `n`."""
    return f"(string_to_array({WORDS}[1 + n % 3], '|'))[1 + abs(hashint8({of})) % 12]"


# Written as a restore writes: without looking up what each row refers to, and without triggers. `:tickets` and `:clients` are numbers.
FILL: Final = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL synchronous_commit = off",
    "SET LOCAL work_mem = '64MB'",
    """INSERT INTO clients (id, name)
       SELECT n, (ARRAY['Anna', 'Jan', 'Olga', 'Peter', 'Ewa'])[1 + n % 5] || ' ' ||
              (ARRAY['Kowalska', 'Nowak', 'Иванова', 'Smith', 'Lewandowski', 'Petrov', 'Miller'])[1 + n % 7] || ' ' || n
       FROM generate_series(1, :clients) AS n""",
    """INSERT INTO client_addresses (key, address, client_id)
       SELECT 'client' || n || '@firm' || n % 5000 || '.test', 'client' || n || '@firm' || n % 5000 || '.test', n
       FROM generate_series(1, :clients) AS n""",
    f"""INSERT INTO tickets (number, subject, status, department, gateway, language, client_id, created_at, updated_at, assignee, priority,
           client_waiting_since)
       SELECT n, rtrim({sentence("n")}, '.?') || ' (order ' || 100000 + n || ')',
              CASE WHEN n % 200 = 0 THEN 'new' WHEN n % 50 = 0 THEN 'open' WHEN n % 60 = 0 THEN 'pending' WHEN n % 97 = 0 THEN 'spam'
                   WHEN n % 7 = 0 THEN 'resolved' ELSE 'closed' END,
              CASE WHEN n % 4 = 0 THEN 'sales' ELSE 'support' END,
              CASE WHEN n % 4 = 0 THEN 'sales@example.com' WHEN n % 9 = 0 THEN 'help@example.com' ELSE 'support@example.com' END,
              {SPOKEN}, n % :clients + 1, at, at + interval '1 hour',
              CASE WHEN n % 3 > 0 THEN 'agent' || n % 5 || '@staff.example.com' END, CASE WHEN n % 40 = 0 THEN 'high' ELSE 'normal' END,
              CASE WHEN n % 50 = 0 THEN at END
       FROM generate_series(1, :tickets) AS n,
            LATERAL (SELECT now() - (:tickets - n) * interval '8 minutes' AS at) AS moment""",  # noqa: S608
    """INSERT INTO ticket_participants (ticket, key, address, name, part)
       SELECT n, a.key, a.address, '', 'requester'
       FROM generate_series(1, :tickets) AS n JOIN client_addresses AS a ON a.client_id = n % :clients + 1""",
    """INSERT INTO ticket_tags (ticket, key, tag)
       SELECT n, tag, tag FROM generate_series(1, :tickets, 5) AS n,
            LATERAL (SELECT (ARRAY['billing', 'vip', 'hardware', 'login', 'delivery'])[1 + n / 5 % 5] AS tag) AS named""",
    f"""INSERT INTO articles (id, ticket, kind, author_role, author_name, author_address, message_id, text, quoted_text, html, private,
           inbound_id, created_at)
       SELECT (n - 1) * 3 + k, n, CASE k WHEN 2 THEN 'agent_reply' ELSE 'client_message' END, CASE k WHEN 2 THEN 'agent' ELSE 'client' END,
              CASE k WHEN 2 THEN 'An Agent' ELSE c.name END, CASE k WHEN 2 THEN 'agent1@staff.example.com' ELSE a.address END,
              k || '.' || n || '@old.test',
              {sentence("n * 8 + k")} || E'\\n\\n' || {sentence("n * 5 + k * 3")} || ' ' || {sentence("n * 11 + k * 7")} || E'\\n' ||
              {sentence("n * 3 + k * 13")} || ' SN-' || n % 977 || '-' || (n * 7919 + k) % 99991 ||
              ' PO' || 500000 + n % 30011 ||
              E'\\n\\nM-' || n % 463 || k, '', NULL, false, n, t.updated_at
       FROM generate_series(1, :tickets) AS n JOIN tickets t ON t.number = n JOIN clients c ON c.id = t.client_id
            JOIN client_addresses AS a ON a.client_id = c.id, generate_series(1, 3) AS k""",  # noqa: S608
    """INSERT INTO ticket_events (ticket, kind, actor_role, data, inbound_id)
       SELECT n, 'created', 'client', '{"gateway": "support@example.com"}', n FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO inbound_messages (id, state, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id, finished_at, outcome,
           ticket, message_id, received_at, subject, author)
       SELECT n, CASE WHEN n % 500 = 0 THEN 'held' ELSE 'done' END, 'client' || n % 25000 || '@firm.test', ARRAY['support@example.com'],
              'smtp', '{"address": "192.0.2.1"}', 4096, sha256(int8send(n)), to_hex(n), now(),
              CASE WHEN n % 500 = 0 THEN 'held' ELSE 'ticket' END, CASE WHEN n % 500 > 0 THEN n END, n || '@old.test',
              now() - (:tickets - n) * interval '8 minutes', 'Trouble ' || n, 'client' || n % 25000 || '@firm.test'
       FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO inbound_contents (inbound_id, received_at, content)
       SELECT n, now() - interval '1 hour', convert_to(
            'From: Somebody <stranger' || n || E'@firm.test>\\r\\nTo: support@example.com\\r\\nSubject: Trouble\\r\\n\\r\\nHello\\r\\n',
            'UTF8')
       FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO outbox_messages (id, state, kind, ticket, expires_at, message_id, subject, headers, text, html, effect, sent_at,
           inbound_id, created_at, last_error)
       SELECT 2 * n - k, CASE WHEN n % 1000 = 0 THEN 'failed' WHEN n % 1500 = 1 THEN 'queued' ELSE 'sent' END,
              CASE k WHEN 0 THEN 'registered' ELSE 'agent_reply' END, n, now() + interval '5 days',
              '<' || k || '.' || n || '@bench.test>', 'Trouble', '[]', repeat('We have got it. ', 20), NULL,
              sha256(int8send(2 * n - k)), CASE WHEN n % 1000 > 0 AND n % 1500 <> 1 THEN now() END, n,
              now() - (:tickets - n) * interval '8 minutes', CASE WHEN n % 1000 = 0 THEN '550 5.1.1 no such user' END
       FROM generate_series(1, :tickets) AS n, generate_series(0, 1) AS k""",
    """INSERT INTO outbox_recipients (outbox_id, position, address, state, finished_at)
       SELECT 2 * n - k, 0, a.address, 'sent', now()
       FROM generate_series(1, :tickets) AS n JOIN client_addresses AS a ON a.client_id = n % :clients + 1, generate_series(0, 1) AS k""",
    """INSERT INTO ratings (ticket, score, level, comment, agent, department, link_expires_at, created_at)
       SELECT n, 1 + n % 5, (ARRAY['bad', 'so so', 'fair', 'good', 'great'])[1 + n % 5], CASE WHEN n % 3 = 0 THEN 'Thank you' ELSE '' END,
              'agent' || n % 5 || '@staff.example.com', t.department, t.updated_at + interval '30 days', t.updated_at
       FROM generate_series(1, :tickets, 10) AS n JOIN tickets t ON t.number = n""",
    """INSERT INTO health_samples (at, arrived, sent, failed, buried, inbound_waiting, outbox_waiting, held, inbound_seconds,
           outbox_seconds, inbound_id, outbox_id)
       SELECT now() - n * interval '1 minute', n % 7, n % 11, n % 2, 0, n % 3, n % 5, 10, n % 4, n % 9, :tickets, :tickets
       FROM generate_series(1, 14 * 24 * 60) AS n""",
    """INSERT INTO audit_log (id, at, actor, account, origin, action, access, result, about, changes, details, previous, digest)
       SELECT n, now() - (:tickets - n) * interval '1 minute', 'agent' || n % 5, 'agent', 'console', 'tickets.show', 'read', 'done',
              jsonb_build_object('ticket', jsonb_build_array(n)), '{}', '{}', sha256(int8send(n - 1)), sha256(int8send(n))
       FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO audit_head (one, id, digest) VALUES (true, :tickets, sha256(int8send(:tickets)))
       ON CONFLICT (one) DO UPDATE SET id = excluded.id, digest = excluded.digest""",
    "INSERT INTO search_due (ticket) SELECT n FROM generate_series(1, :tickets) AS n",
)
SEQUENCES: Final = {
    "clients_id_seq": "clients",
    "tickets_number_seq": "tickets",
    "inbound_messages_id_seq": "tickets",
    "articles_id_seq": "articles",
    "outbox_messages_id_seq": "letters",
}
INDEX: Final = "ix_ticket_search_words"


async def fill(url: str, tickets: int) -> None:
    """And index it, as the schedule would."""
    clients = max(1, tickets // TICKETS_OF_A_CLIENT)
    numbers = {"tickets": tickets, "clients": clients, "articles": ARTICLES * tickets, "letters": 2 * tickets}
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            for statement in FILL:
                # Written into the statement: as parameters they would have no type.
                written = statement.replace(":tickets", str(numbers["tickets"])).replace(":clients", str(numbers["clients"]))
                await connection.exec_driver_sql(written)
            for sequence, of in SEQUENCES.items():
                await connection.exec_driver_sql(f"SELECT setval('{sequence}', {numbers[of]})")
        await index(engine)
        async with engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql("SET statement_timeout = 0")
            await autocommit.exec_driver_sql("VACUUM ANALYZE")
    finally:
        await engine.dispose()


async def index(engine: AsyncEngine) -> None:
    """The words are written first and their index is made of all at once."""
    stems, sessions = Stems(), storage_engine.sessions(engine)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"DROP INDEX {INDEX}")
    read = BATCH
    while read:
        async with sessions.begin() as session:
            read = await index_some(session, stems, BATCH)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        await connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
        await connection.exec_driver_sql(f"CREATE INDEX {INDEX} ON ticket_search USING gin (words) WITH (fastupdate = off)")
