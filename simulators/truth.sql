-- The ground truth of a simulated plant: what really happened, one row a change. Times are seconds since 1970, UTC.
CREATE TABLE IF NOT EXISTS count (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    device TEXT NOT NULL,
    equipment TEXT NOT NULL,
    signal TEXT NOT NULL,
    role TEXT NOT NULL,
    raw INTEGER NOT NULL,       -- what the register shows from then on
    total INTEGER NOT NULL      -- true counts since commissioning
) STRICT;

CREATE TABLE IF NOT EXISTS dose (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    device TEXT NOT NULL,
    equipment TEXT NOT NULL,
    signal TEXT NOT NULL,
    item TEXT NOT NULL,
    shots INTEGER NOT NULL,     -- doses so far
    true_kg REAL NOT NULL,      -- true mass that left the hopper so far
    device_kg REAL NOT NULL     -- what the device's own sum has shown of it
) STRICT;

CREATE TABLE IF NOT EXISTS happening (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    device TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- What the plant shows when its simulator starts again; written with the change itself.
CREATE TABLE IF NOT EXISTS memory (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL,
    starts INTEGER NOT NULL
) STRICT;
