"""The first tables: schema.sql without traces."""

from alembic import op

from sunsift.adapters.postgres.migrations.years import first_partitions

revision = "0001"
down_revision = None

SCHEMA = """
CREATE TABLE house (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    house_id text COLLATE "C" NOT NULL UNIQUE,
    capacity_kwp double precision NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    utc_offset_hours double precision NOT NULL,
    azimuth double precision,
    tilt double precision,
    export_limit_kw double precision,
    battery boolean NOT NULL,
    region text COLLATE "C" NOT NULL,
    weather_region text COLLATE "C" NOT NULL
);
CREATE INDEX house_of_region ON house (weather_region, house_id);

CREATE TABLE progress (
    house integer PRIMARY KEY REFERENCES house ON DELETE CASCADE,
    generation bigint NOT NULL DEFAULT 0,
    settled bigint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    changed_from integer NOT NULL DEFAULT 0,
    changed_to integer NOT NULL DEFAULT 0,
    arrived bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX progress_unsettled ON progress (arrived) WHERE generation > settled;

CREATE TABLE day (
    house integer NOT NULL,
    day integer NOT NULL,
    kind smallint NOT NULL,
    updated_at bigint NOT NULL,
    readings bytea NOT NULL,
    PRIMARY KEY (house, day)
) PARTITION BY RANGE (day);

CREATE TABLE evidence (
    house integer NOT NULL,
    block integer NOT NULL,
    days bytea NOT NULL,
    PRIMARY KEY (house, block)
) WITH (fillfactor = 85);

CREATE TABLE region_day (
    region text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    opened bigint NOT NULL,
    profile bytea,
    PRIMARY KEY (region, day)
);
CREATE INDEX region_day_open ON region_day (opened) WHERE profile IS NULL;

CREATE TABLE sunlight_feed (
    region text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    profile bytea NOT NULL,
    PRIMARY KEY (region, day)
);

CREATE TABLE prediction (
    house integer NOT NULL,
    day integer NOT NULL,
    performance integer NOT NULL,
    performance_se integer NOT NULL,
    lost integer NOT NULL,
    model integer NOT NULL,
    average integer NOT NULL,
    since integer,
    usable_days smallint NOT NULL,
    p_poor smallint NOT NULL,
    verdict smallint NOT NULL,
    status smallint NOT NULL,
    came_from smallint NOT NULL,
    reasons bytea NOT NULL,
    input_digest bytea NOT NULL,
    PRIMARY KEY (house, day)
) PARTITION BY RANGE (day);

CREATE TABLE word (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE report (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    house integer NOT NULL REFERENCES house ON DELETE CASCADE,
    as_of integer NOT NULL,
    status smallint NOT NULL,
    previous smallint NOT NULL,
    created_at bigint NOT NULL,
    delivered_at bigint,
    attempts integer NOT NULL DEFAULT 0,
    due bigint NOT NULL DEFAULT 0,
    problem text
);
CREATE INDEX report_of_house ON report (house, seq);
CREATE INDEX report_undelivered ON report (due) WHERE delivered_at IS NULL;

CREATE TABLE quarantine (
    id text COLLATE "C" PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    house_id text COLLATE "C",
    source text NOT NULL,
    received_at bigint NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX quarantine_of_house ON quarantine (house_id) WHERE code = 'unknown_house';

CREATE TABLE feedback (
    house integer NOT NULL REFERENCES house ON DELETE CASCADE,
    first_day integer NOT NULL,
    last_day integer NOT NULL,
    found text NOT NULL,
    note text NOT NULL,
    noted_at bigint NOT NULL,
    PRIMARY KEY (house, first_day, last_day)
);

CREATE TABLE steady (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    steady bigint NOT NULL,
    wall bigint NOT NULL
);

CREATE UNLOGGED TABLE quiet (
    house_id text COLLATE "C" PRIMARY KEY,
    arrived bigint NOT NULL,
    claimed_until bigint NOT NULL DEFAULT 0
);
CREATE INDEX quiet_arrived ON quiet (arrived);

CREATE UNLOGGED TABLE lease (
    house_id text COLLATE "C" PRIMARY KEY,
    token text NOT NULL,
    until bigint NOT NULL
);
"""


def upgrade() -> None:
    """Make tables, indexes and the partitions of the first years."""
    for statement in SCHEMA.split(";"):
        if statement.strip():
            op.execute(statement.strip())
    for statement in first_partitions():
        op.execute(statement)
