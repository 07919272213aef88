-- Whoever is called alike, and how much, in one pass: by the index of names whatever the planner thinks of it, since comparing a name costs
-- more than finding one. The threshold is part of the search, not of the session.

create function kernel_patients_called(wanted text) returns table (id bigint, likeness real) language sql stable
  set pg_trgm.similarity_threshold = 0.2 set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off as $$
  select p.id, similarity(p.name, wanted) from facility_patientregistration p where p.name % wanted and not p.deleted
$$;
drop function kernel_patients_named(text);
