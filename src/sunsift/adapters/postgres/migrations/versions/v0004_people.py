"""What people need: a place in the league for every house, tokens, erasures, activity, deliveries."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    "ALTER TABLE house ADD COLUMN said_at bigint NOT NULL DEFAULT 0",
    """
    CREATE TABLE standing (
        house integer PRIMARY KEY REFERENCES house ON DELETE CASCADE,
        day integer,
        lost integer NOT NULL DEFAULT -1,
        status smallint NOT NULL DEFAULT 0
    )
    """,
    # Before the indexes, which are made faster of what is there.
    """
    INSERT INTO standing (house, day, lost, status)
    SELECT h.id, n.day, coalesce(n.lost, -1), coalesce(n.status, 0) FROM house AS h LEFT JOIN LATERAL (
        SELECT p.day, p.lost, p.status FROM prediction AS p WHERE p.house = h.id ORDER BY p.day DESC LIMIT 1
    ) AS n ON true
    """,
    "CREATE INDEX standing_by_loss ON standing (lost DESC, house)",
    "CREATE INDEX standing_by_status ON standing (status, lost DESC, house)",
    "ALTER TABLE report ADD COLUMN first_tried bigint, ADD COLUMN given_up_at bigint",
    "DROP INDEX report_undelivered",
    "CREATE INDEX report_waiting ON report (due, seq) WHERE delivered_at IS NULL AND given_up_at IS NULL",
    "CREATE INDEX report_of_day ON report (as_of, status)",
    "CREATE INDEX report_given_up ON report (seq) WHERE given_up_at IS NOT NULL",
    "CREATE INDEX quarantine_by_time ON quarantine (received_at, id)",
    "CREATE INDEX quarantine_by_code ON quarantine (code, received_at, id)",
    "ALTER TABLE quarantine ADD COLUMN utc_offset_hours double precision",
    "DROP INDEX quarantine_of_house",
    "CREATE INDEX quarantine_of_house ON quarantine (house_id) WHERE code IN ('unknown_house', 'clock')",
    """
    CREATE TABLE gone_receiver (
        target text COLLATE "C" PRIMARY KEY,
        gone_at bigint NOT NULL,
        problem text NOT NULL
    )
    """,
    """
    CREATE TABLE token (
        id text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        digest bytea NOT NULL UNIQUE,
        scopes text NOT NULL,
        created_at bigint NOT NULL,
        expires_at bigint,
        revoked_at bigint
    )
    """,
    """
    CREATE TABLE activity (
        minute integer NOT NULL,
        step text COLLATE "C" NOT NULL,
        runs bigint NOT NULL,
        milliseconds bigint NOT NULL,
        done bigint NOT NULL,
        failed bigint NOT NULL,
        PRIMARY KEY (minute, step)
    )
    """,
    """
    CREATE TABLE erasure (
        digest bytea PRIMARY KEY,
        salt bytea NOT NULL,
        erased_at bigint NOT NULL,
        removed text NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Add the tables and columns, and give every house its place."""
    for statement in _STATEMENTS:
        op.execute(statement)
