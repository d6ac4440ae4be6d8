-- Times are the stream's event times unless a comment says otherwise. Amounts are minor units.

-- How far each topic has been read; moved in the transaction that stored what was read.
create table topic_offset (
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  primary key (topic, partition)
);

-- Records that this console could not read, and ranges that Kafka dropped before it did.
create table unreadable (
  topic text not null,
  partition int not null,
  first_offset bigint not null,
  next_offset bigint not null,
  why text not null,
  value bytea,
  seen_at timestamptz not null default now(),
  primary key (topic, partition, first_offset)
);

-- What was decided about each transaction: the rows behind every reason.
create table decision (
  transaction_id text primary key,
  event_time timestamptz not null,
  account text not null,
  card text,
  device text,
  ip text,
  merchant text,
  terminal text,
  counterparty text,
  amount_minor bigint not null, -- billing amount
  currency text not null,
  channel text not null,
  country text,
  outcome text not null,
  score double precision, -- null when no model scored
  alert_id text,
  record bytea not null -- as it stood in the topic
);
create index on decision (account, event_time desc);
create index on decision (card, event_time desc) where card is not null;
create index on decision (device, event_time desc) where device is not null;
create index on decision (merchant, event_time desc) where merchant is not null;
create index on decision (terminal, event_time desc) where terminal is not null;
create index on decision (counterparty, event_time desc) where counterparty is not null;
create index on decision using brin (event_time);

-- Labels of every source, from the topic and from this console.
create table label (
  label_id text primary key,
  transaction_id text not null,
  account text not null,
  value text not null check (value in ('FRAUD', 'GENUINE', 'WITHDRAWN')),
  scheme text,
  source text not null,
  label_time timestamptz not null,
  verdict_id uuid, -- of this console's own
  case_id bigint,
  applied_at timestamptz, -- the wall time at which the scoring state was seen to have it
  receipt text -- APPLIED, REFUSED, DUPLICATE
);
create index on label (transaction_id, label_time desc, label_id desc);
create index on label (account);
create index on label (verdict_id) where verdict_id is not null;

-- What is in force of each transaction that anybody spoke of.
create view truth as
  select distinct on (transaction_id) *
  from label
  order by transaction_id, label_time desc, label_id collate "C" desc;

-- The current view of a case: derived from its events, and nothing else.
create table fraud_case (
  case_id bigint generated always as identity primary key,
  version bigint not null,
  status text not null check (status in ('open', 'waiting', 'snoozed', 'pending', 'decided', 'merged')),
  team text not null,
  kind text not null,
  account text not null,
  merchant text,
  channel text not null,
  country text,
  accounts text[] not null,
  alerts int not null,
  new_alerts int not null,
  amount_minor bigint not null,
  expected_loss_minor bigint not null,
  base_currency text not null,
  score double precision,
  outcome text not null,
  reason text,
  codes text[] not null, -- all reason codes of its alerts
  lead_loss_minor bigint not null, -- of the alert that gives kind, account, merchant and reason
  opened_at timestamptz not null, -- wall time
  due_at timestamptz not null, -- wall time
  changed_at timestamptz not null, -- wall time of the last alert
  first_event_time timestamptz not null,
  last_event_time timestamptz not null,
  rank double precision not null, -- see Priority: greater is more urgent, and time does not change the order
  until timestamptz, -- wall time; of waiting and snoozed cases
  verdict text,
  scheme text,
  verdict_id uuid,
  decided_by text,
  decided_at timestamptz,
  claimed_at timestamptz, -- wall time at which the one who decided took it
  merged_into bigint references fraud_case,
  words tsvector not null default ''
);
create index on fraud_case (team, rank desc, case_id) where status = 'open';
create index on fraud_case (rank desc, case_id) where status = 'open';
create index on fraud_case (kind, rank desc, case_id) where status = 'open';
create index on fraud_case (status, rank desc, case_id) where status <> 'open';
create index on fraud_case (until) where status in ('waiting', 'snoozed');
create index on fraud_case (decided_at) where status = 'decided';
create index on fraud_case (changed_at) where status = 'open';
create index on fraud_case using gin (words);
create index on fraud_case using gin (codes) where status = 'decided';
create index on fraud_case using gin (accounts);

-- What happened to a case, in order; never changed.
create table case_event (
  seq bigint generated always as identity primary key,
  case_id bigint not null references fraud_case,
  at timestamptz not null, -- wall time
  actor text not null, -- a person's name, or 'stream'
  kind text not null,
  detail jsonb not null
);
create index on case_event (case_id, seq);
create index on case_event (at, kind);

create table alert (
  alert_id text primary key,
  case_id bigint not null references fraud_case,
  transaction_id text not null,
  event_time timestamptz not null,
  received_at timestamptz not null, -- wall time
  trusted boolean not null,
  account text not null,
  card text,
  device text,
  merchant text,
  terminal text,
  counterparty text,
  kind text not null,
  outcome text not null,
  score double precision,
  expected_loss_minor bigint not null,
  model text not null, -- digests, hex
  rule_set text not null,
  policy text not null,
  rules text[] not null, -- that held
  record bytea not null -- as it stood in the topic
);
create index on alert (case_id, event_time desc);
create index on alert (account, event_time);
create index on alert (card, event_time) where card is not null;
create index on alert (device, event_time) where device is not null;
create index on alert (merchant, event_time) where merchant is not null;
create index on alert (terminal, event_time) where terminal is not null;
create index on alert (counterparty, event_time) where counterparty is not null;
create index on alert (transaction_id);
create index on alert (received_at);

-- Who works on a case just now. Not part of its history: `claimed` events are.
create table claim (
  case_id bigint primary key references fraud_case,
  person text not null,
  since timestamptz not null,
  until timestamptz not null
);
create index on claim (person);

create table verdict (
  verdict_id uuid primary key,
  person text not null,
  at timestamptz not null,
  verdict text not null,
  scheme text,
  approved_by text,
  undone_at timestamptz
);

create table trust (
  trust_id bigint generated always as identity primary key,
  case_id bigint not null references fraud_case,
  account text not null,
  kind text not null,
  party text, -- merchant, or counterparty; null: any
  amount_minor bigint not null, -- base currency
  until timestamptz not null,
  person text not null,
  at timestamptz not null
);
create index on trust (account, until);

-- What other systems were asked for, by this console and by others on the topic.
create table action (
  action_id text primary key,
  seq bigint generated always as identity,
  case_id bigint,
  kind text not null,
  account text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  published_at timestamptz,
  acknowledged_at timestamptz,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  error text,
  record bytea not null
);
create index on action (case_id);
create index on action (next_attempt_at) where acknowledged_at is null;

-- Records for topics, written in the transaction that made them and sent after it.
create table outbox (
  seq bigint generated always as identity primary key,
  topic text not null,
  key bytea not null,
  value bytea not null
);

create table person (
  name text primary key,
  role text not null check (role in ('analyst', 'lead', 'engineer', 'auditor')),
  active boolean not null default true,
  password text, -- Argon2id; null: none, signs in elsewhere
  one_time boolean not null default false,
  subject text unique, -- at the OpenID provider
  preferences jsonb not null default '{}',
  created_at timestamptz not null default now(),
  last_seen timestamptz
);

create table session (
  token bytea primary key, -- SHA-256 of the cookie's value
  person text not null references person,
  csrf text not null,
  one_time boolean not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now()
);

-- Failed sign-ins by what was tried: `name:…` and `address:…`.
create table attempt (
  what text primary key,
  failures int not null,
  last_at timestamptz not null
);

create table revealed (
  token bytea not null references session on delete cascade,
  case_id bigint not null,
  primary key (token, case_id)
);

-- Who read, revealed, tried and was refused what; never changed.
create table access_log (
  seq bigint generated always as identity primary key,
  at timestamptz not null default now(),
  person text, -- null: nobody was signed in
  role text,
  action text not null,
  case_id bigint,
  detail text,
  address text
);
create index on access_log (case_id, seq desc) where case_id is not null;
create index on access_log (person, seq desc);

create table review (
  case_id bigint not null references fraud_case,
  reviewer text not null,
  verdict text not null,
  agrees boolean not null,
  at timestamptz not null default now(),
  primary key (case_id, reviewer)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger append_only before update or delete or truncate on case_event
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on access_log
  for each statement execute function refuse_change();
