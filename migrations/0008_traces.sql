-- Whoever makes an event's people anew goes on with the trace of what changed its faces last: a timer finds such
-- events, which knows nothing of where the change came from.

ALTER TABLE events ADD COLUMN traceparent text;
