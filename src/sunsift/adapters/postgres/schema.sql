-- The tables as the newest migration leaves them. Times are milliseconds; days are counted from 1970-01-01;
-- small numbers are scaled integers, as in the embedded store, so that both give the same bytes.
--
-- Names and keys are compared by their bytes (COLLATE "C"): in the same order as in Python and in the embedded
-- store, quickly, and without an index that a newer library of the system could put out of order.
--
-- Whoever changes a house first locks its row of `progress`, several houses in the order of their numbers:
-- so workers on different houses never wait for each other, and nobody deadlocks.

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
    weather_region text COLLATE "C" NOT NULL,
    said_at bigint NOT NULL DEFAULT 0 -- when this was said of it [microseconds since 1970]; older words lose
);
CREATE INDEX house_of_region ON house (weather_region, house_id);

-- One row a house from its registration on. Packets raise `generation`, predict lifts `settled` to it.
-- `fence` rises with every opening, so that only the newest opening may write.
CREATE TABLE progress (
    house integer PRIMARY KEY REFERENCES house ON DELETE CASCADE,
    generation bigint NOT NULL DEFAULT 0,
    settled bigint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    changed_from integer NOT NULL DEFAULT 0,
    changed_to integer NOT NULL DEFAULT 0,
    arrived bigint NOT NULL DEFAULT 0,
    trace text NOT NULL DEFAULT ''
) WITH (fillfactor = 70); -- updated all the time, in place while the page has room and no index is concerned

-- Partitions by year: a query names its days, so only the years that it needs are touched, and an old year
-- can be detached and kept elsewhere.
CREATE TABLE day (
    house integer NOT NULL,
    day integer NOT NULL,
    kind smallint NOT NULL,        -- interval and quality, see adapters/codec.py
    updated_at bigint NOT NULL,    -- microseconds since 1970
    readings bytea NOT NULL,       -- compressed, see adapters/codec.py
    PRIMARY KEY (house, day)
) PARTITION BY RANGE (day);

-- Evidence of up to 32 days in one row, for predict reads a year of one house at once: 13 rows instead of 395
-- that lie in as many places.
CREATE TABLE evidence (
    house integer NOT NULL,
    block integer NOT NULL,        -- day / 32
    days bytea NOT NULL,           -- for each day with evidence its place in the block (1 byte) and its row, by place
    PRIMARY KEY (house, block)
) WITH (fillfactor = 85);

CREATE TABLE region_day (
    region text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    opened bigint NOT NULL,        -- steady time of its first packet
    profile bytea,                 -- NULL while it is open
    PRIMARY KEY (region, day)
);
CREATE INDEX region_day_open ON region_day (opened) WHERE profile IS NULL;

CREATE TABLE sunlight_feed (
    region text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    profile bytea NOT NULL,
    PRIMARY KEY (region, day)
);

-- The columns in the order that wastes the least on alignment: 12 bytes less a prediction.
CREATE TABLE prediction (
    house integer NOT NULL,
    day integer NOT NULL,               -- the period's last day
    performance integer NOT NULL,       -- 1/1000
    performance_se integer NOT NULL,    -- 1/1000
    lost integer NOT NULL,              -- 0.1 kWh
    model integer NOT NULL,             -- word.id
    average integer NOT NULL,           -- 1/10000; this, since, status and came_from: the status after it
    since integer,
    usable_days smallint NOT NULL,
    p_poor smallint NOT NULL,           -- 1/10000
    verdict smallint NOT NULL,
    status smallint NOT NULL,
    came_from smallint NOT NULL,
    reasons bytea NOT NULL,
    input_digest bytea NOT NULL,
    PRIMARY KEY (house, day)
) PARTITION BY RANGE (day);

-- Where each house stands after its newest prediction, for whoever looks up the fleet. A house has its row
-- from its registration on; until it has a prediction, `day` is NULL and `lost` -1.
CREATE TABLE standing (
    house integer PRIMARY KEY REFERENCES house ON DELETE CASCADE,
    day integer,
    lost integer NOT NULL DEFAULT -1,   -- 0.1 kWh
    status smallint NOT NULL DEFAULT 0
);
CREATE INDEX standing_by_loss ON standing (lost DESC, house);
CREATE INDEX standing_by_status ON standing (status, lost DESC, house);

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
    due bigint NOT NULL DEFAULT 0,      -- steady time before which nobody sends it
    problem text,
    trace text NOT NULL DEFAULT '',
    first_tried bigint,                 -- steady time
    given_up_at bigint
);
CREATE INDEX report_of_house ON report (house, seq);
CREATE INDEX report_waiting ON report (due, seq) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX report_of_day ON report (as_of, status);
CREATE INDEX report_given_up ON report (seq) WHERE given_up_at IS NOT NULL;

-- Receivers that said that they want no more reports.
CREATE TABLE gone_receiver (
    target text COLLATE "C" PRIMARY KEY,
    gone_at bigint NOT NULL,
    problem text NOT NULL
);

CREATE TABLE quarantine (
    id text COLLATE "C" PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    house_id text COLLATE "C",
    source text NOT NULL,
    received_at bigint NOT NULL,
    body bytea NOT NULL,                -- compressed
    utc_offset_hours double precision   -- by which clock its day was cut, where the code is `clock`
);
CREATE INDEX quarantine_of_house ON quarantine (house_id) WHERE code IN ('unknown_house', 'clock');
CREATE INDEX quarantine_by_time ON quarantine (received_at, id);
CREATE INDEX quarantine_by_code ON quarantine (code, received_at, id);

CREATE TABLE feedback (
    house integer NOT NULL REFERENCES house ON DELETE CASCADE,
    first_day integer NOT NULL,
    last_day integer NOT NULL,
    found text NOT NULL,
    note text NOT NULL,
    noted_at bigint NOT NULL,
    PRIMARY KEY (house, first_day, last_day)
);

-- Who may use the API and the pages. The token itself is nowhere, only what it hashes to.
CREATE TABLE token (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    scopes text NOT NULL,               -- separated by spaces
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);

-- What each step did in each minute, for people; the guarantees do not rest on it.
CREATE TABLE activity (
    minute integer NOT NULL,            -- since 1970
    step text COLLATE "C" NOT NULL,
    runs bigint NOT NULL,
    milliseconds bigint NOT NULL,
    done bigint NOT NULL,               -- packets, houses or reports
    failed bigint NOT NULL,
    PRIMARY KEY (minute, step)
);

-- That houses were erased, without saying which: a keyed digest of each name, by which its later packets are known.
CREATE TABLE erasure (
    digest bytea PRIMARY KEY,
    salt bytea NOT NULL,
    erased_at bigint NOT NULL,
    removed text NOT NULL               -- how much of what, as JSON
);

-- Steady time: what it was at the last look, and the wall time of that look.
CREATE TABLE steady (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    steady bigint NOT NULL,
    wall bigint NOT NULL
);

-- The coordinator's hints, where no Redis is used or none answers. A crash of the server may empty them.
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
