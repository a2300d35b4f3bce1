-- The edge's outbox: facts that the server has not yet committed, and the memories they were derived from.

-- :name schema
-- Facts by gapless sequence, memories by device signal, and the few numbers of the file itself.
create table if not exists meta (key text primary key, value integer not null) without rowid;
create table if not exists facts (seq integer primary key, fact blob not null);
create table if not exists memories (
    device text not null,
    signal text not null,
    memory blob not null,
    primary key (device, signal)
) without rowid;

create table if not exists answers (
    given integer primary key,
    command_id text not null unique,
    answer blob not null
);

-- :name get_meta
-- One number of the file.
select value from meta where key = ?;

-- :name set_meta
-- Sets one number of the file.
insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value;

-- :name insert_fact
-- Appends one fact.
insert into facts (seq, fact) values (?, ?);

-- :name put_memory
-- Stores what is known of a signal after the facts of the same transaction.
insert into memories (device, signal, memory) values (?, ?, ?)
on conflict (device, signal) do update set memory = excluded.memory;

-- :name all_memories
-- Everything known of every signal, read once at start.
select device, signal, memory from memories;

-- :name put_answer
-- Remembers what a machine said to a job order, for when it is asked again.
insert into answers (command_id, answer) values (?, ?)
on conflict (command_id) do update set answer = excluded.answer;

-- :name forget_answers
-- Keeps the newest answers only.
delete from answers where given <= (select max(given) from answers) - ?;

-- :name all_answers
-- Everything that is remembered of job orders, oldest first, read once at start.
select command_id, answer from answers order by given;

-- :name trim
-- Forgets the facts that the server has committed.
delete from facts where seq <= ?;

-- :name forget_from
-- Removes the facts that are about to be stored again in fewer rows.
delete from facts where seq >= ?;

-- :name renumber
-- Moves the sequences of what is held down, for a new epoch.
update facts set seq = seq - ?;

-- :name read
-- Facts from a sequence on, oldest first.
select seq, fact from facts where seq >= ? order by seq limit ?;

-- :name bounds
-- Oldest and newest sequence held, the number of facts, and their bytes.
select min(seq), max(seq), count(*), coalesce(sum(length(fact)), 0) from facts;
