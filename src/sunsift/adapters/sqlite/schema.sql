-- Version 4. What is there already is left alone, so that an older file is completed. Times are milliseconds; days are counted from 1970-01-01; small numbers are kept as
-- scaled integers, which SQLite stores in as few bytes as they need.

-- weather_region: the registered region, or else the place to a degree. said_at: when this was said of the house
-- [microseconds since 1970]; older words lose.
CREATE TABLE IF NOT EXISTS house (
    id INTEGER PRIMARY KEY,
    house_id TEXT NOT NULL UNIQUE,
    capacity_kwp REAL NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    utc_offset_hours REAL NOT NULL,
    azimuth REAL,
    tilt REAL,
    export_limit_kw REAL,
    battery INTEGER NOT NULL,
    region TEXT NOT NULL,
    weather_region TEXT NOT NULL,
    said_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS house_of_region ON house (weather_region, house_id);

-- How far each house is: packets raise `generation`, predict lifts `settled` to it.
-- `fence` rises with every opening, so that only the newest opening may write.
CREATE TABLE IF NOT EXISTS progress (
    house INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    changed_from INTEGER NOT NULL,
    changed_to INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    trace TEXT NOT NULL DEFAULT '' -- of the ingest that changed it last
) STRICT;
CREATE INDEX IF NOT EXISTS progress_unsettled ON progress (arrived) WHERE generation > settled;

CREATE TABLE IF NOT EXISTS day (
    house INTEGER NOT NULL,
    day INTEGER NOT NULL,
    kind INTEGER NOT NULL,       -- interval and quality, see adapters/codec.py
    updated_at INTEGER NOT NULL, -- microseconds since 1970
    readings BLOB NOT NULL,      -- compressed, see adapters/codec.py
    PRIMARY KEY (house, day)
) STRICT, WITHOUT ROWID;

-- What a day shows under its region's sunlight. A row without a current layout is measured again.
CREATE TABLE IF NOT EXISTS evidence (
    house INTEGER NOT NULL,
    day INTEGER NOT NULL,
    row BLOB NOT NULL,           -- see sunsift.domain.evidence
    PRIMARY KEY (house, day)
) STRICT, WITHOUT ROWID;

-- Open from the first packet on (`opened`, steady time); closed, once and for good, when it has a profile.
CREATE TABLE IF NOT EXISTS region_day (
    region TEXT NOT NULL,
    day INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    profile BLOB,                -- see sunsift.domain.sunlight
    PRIMARY KEY (region, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS region_day_open ON region_day (opened) WHERE profile IS NULL;

-- Profiles from elsewhere, which days take instead of the fleet's when they close.
CREATE TABLE IF NOT EXISTS sunlight_feed (
    region TEXT NOT NULL,
    day INTEGER NOT NULL,
    profile BLOB NOT NULL,
    PRIMARY KEY (region, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS prediction (
    house INTEGER NOT NULL,
    day INTEGER NOT NULL,             -- the period's last day
    usable_days INTEGER NOT NULL,
    p_poor INTEGER NOT NULL,          -- 1/10000
    performance INTEGER NOT NULL,     -- 1/1000
    performance_se INTEGER NOT NULL,  -- 1/1000
    lost INTEGER NOT NULL,            -- 0.1 kWh
    verdict INTEGER NOT NULL,
    reasons BLOB NOT NULL,
    model INTEGER NOT NULL,           -- word.id
    input_digest BLOB NOT NULL,
    average INTEGER NOT NULL,         -- 1/10000; this and the rest: the status after this prediction
    status INTEGER NOT NULL,
    since INTEGER,                    -- the day of the change that brought the status
    came_from INTEGER NOT NULL,       -- the status before that change
    PRIMARY KEY (house, day)
) STRICT, WITHOUT ROWID;

-- Where each house stands after its newest prediction, for whoever looks up the fleet. A house has its row
-- from its registration on; until it has a prediction, `day` is NULL and `lost` -1.
CREATE TABLE IF NOT EXISTS standing (
    house INTEGER PRIMARY KEY,
    day INTEGER,
    status INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT -1  -- 0.1 kWh
) STRICT;
CREATE INDEX IF NOT EXISTS standing_by_loss ON standing (lost DESC, house);
CREATE INDEX IF NOT EXISTS standing_by_status ON standing (status, lost DESC, house);

-- Model versions and reason codes, so that rows hold small numbers instead of text.
CREATE TABLE IF NOT EXISTS word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- due: steady time before which nobody sends it. trace: of the ingest that led to it. first_tried: steady time.
CREATE TABLE IF NOT EXISTS report (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    house INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    status INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    delivered_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    trace TEXT NOT NULL DEFAULT '',
    first_tried INTEGER,
    given_up_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS report_of_house ON report (house, seq);
CREATE INDEX IF NOT EXISTS report_waiting ON report (due) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX IF NOT EXISTS report_of_day ON report (as_of, status);
CREATE INDEX IF NOT EXISTS report_given_up ON report (seq) WHERE given_up_at IS NOT NULL;

-- Receivers that said that they want no more reports.
CREATE TABLE IF NOT EXISTS gone_receiver (
    target TEXT PRIMARY KEY,
    gone_at INTEGER NOT NULL,
    problem TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS quarantine (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    house_id TEXT,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    body BLOB NOT NULL,               -- compressed
    utc_offset_hours REAL             -- by which clock its day was cut, where the code is `clock`
) STRICT;
CREATE INDEX IF NOT EXISTS quarantine_of_house ON quarantine (house_id) WHERE code IN ('unknown_house', 'clock');
CREATE INDEX IF NOT EXISTS quarantine_by_time ON quarantine (received_at, id);
CREATE INDEX IF NOT EXISTS quarantine_by_code ON quarantine (code, received_at, id);

-- What visits found: the newest word on each stretch of days.
CREATE TABLE IF NOT EXISTS feedback (
    house INTEGER NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    found TEXT NOT NULL,              -- see sunsift.domain.feedback
    note TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (house, first_day, last_day)
) STRICT, WITHOUT ROWID;

-- Who may use the API and the pages. The token itself is nowhere, only what it hashes to.
CREATE TABLE IF NOT EXISTS token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,             -- separated by spaces
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- What each step did in each minute, for people; the guarantees do not rest on it.
CREATE TABLE IF NOT EXISTS activity (
    minute INTEGER NOT NULL,          -- since 1970
    step TEXT NOT NULL,
    runs INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    done INTEGER NOT NULL,            -- packets, houses or reports
    failed INTEGER NOT NULL,
    PRIMARY KEY (minute, step)
) STRICT, WITHOUT ROWID;

-- That houses were erased, without saying which: a keyed digest of each name, by which its later packets are known.
CREATE TABLE IF NOT EXISTS erasure (
    digest BLOB PRIMARY KEY,
    salt BLOB NOT NULL,
    erased_at INTEGER NOT NULL,
    removed TEXT NOT NULL             -- how much of what, as JSON
) STRICT, WITHOUT ROWID;

-- Steady time: what it was at the last look, and the wall time of that look.
CREATE TABLE IF NOT EXISTS steady (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    steady INTEGER NOT NULL,
    wall INTEGER NOT NULL
) STRICT;

-- The coordinator's hints.
CREATE TABLE IF NOT EXISTS quiet (
    house_id TEXT PRIMARY KEY,
    arrived INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quiet_arrived ON quiet (arrived);

CREATE TABLE IF NOT EXISTS lease (
    house_id TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
