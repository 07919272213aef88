-- How many active patients a facility has, kept by triggers: lists show it with every facility, and counting them for every row of a page
-- would take longer the larger the facilities are. A facility has as many rows as transactions ever changed it at once; their sum is the
-- number. Each transaction takes a row that no other one holds, so that nobody waits for anybody.

-- Whoever registers meanwhile waits, and is counted.
lock table facility_patientregistration in share row exclusive mode;

create table kernel_patient_count (
  id bigint generated always as identity primary key,
  facility_id bigint not null,
  live integer not null
) with (fillfactor = 50);
create index kernel_patient_count_of on kernel_patient_count (facility_id);

insert into kernel_patient_count (facility_id, live)
  select facility_id, count(*) from facility_patientregistration
  where facility_id is not null and is_active and not deleted group by facility_id;

create function kernel_count_patients(facility bigint, change integer) returns void language plpgsql as $$
begin
  if facility is null or change = 0 then
    return;
  end if;
  update kernel_patient_count set live = live + change
    where id = (select id from kernel_patient_count where facility_id = facility for update skip locked limit 1);
  if not found then
    insert into kernel_patient_count (facility_id, live) values (facility, change);
  end if;
end $$;

create function kernel_patients_come() returns trigger language plpgsql as $$
begin
  perform kernel_count_patients(facility_id, count(*)::integer) from come where is_active and not deleted group by facility_id;
  return null;
end $$;
create trigger kernel_patients_come after insert on facility_patientregistration
  referencing new table as come for each statement execute function kernel_patients_come();

create function kernel_patients_go() returns trigger language plpgsql as $$
begin
  perform kernel_count_patients(facility_id, -count(*)::integer) from gone where is_active and not deleted group by facility_id;
  return null;
end $$;
create trigger kernel_patients_go after delete on facility_patientregistration
  referencing old table as gone for each statement execute function kernel_patients_go();

create function kernel_patient_moves() returns trigger language plpgsql as $$
begin
  perform kernel_count_patients(old.facility_id, -(old.is_active and not old.deleted)::integer);
  perform kernel_count_patients(new.facility_id, (new.is_active and not new.deleted)::integer);
  return null;
end $$;
create trigger kernel_patient_moves after update of facility_id, is_active, deleted on facility_patientregistration
  for each row when ((old.facility_id, old.is_active and not old.deleted) is distinct from (new.facility_id, new.is_active and not new.deleted))
  execute function kernel_patient_moves();

create function kernel_patients_vanish() returns trigger language plpgsql as $$
begin
  delete from kernel_patient_count;
  return null;
end $$;
create trigger kernel_patients_vanish after truncate on facility_patientregistration
  for each statement execute function kernel_patients_vanish();
