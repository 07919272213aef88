-- The day of a row we made: there is one per day and kind, whatever is repeated or breaks down. Rows of the original have none,
-- for among them there may be two of a day.

alter table facility_facilityrelatedsummary add column kernel_day date;
alter table facility_districtscopedsummary add column kernel_day date;

create unique index kernel_facility_summary_day on facility_facilityrelatedsummary (facility_id, s_type, kernel_day)
  where kernel_day is not null;
create unique index kernel_district_summary_day on facility_districtscopedsummary (district_id, s_type, kernel_day)
  where kernel_day is not null;

-- Pages of one kind, newest first.
create index kernel_facility_summary_listed on facility_facilityrelatedsummary (s_type, created_date desc, id);
create index kernel_district_summary_listed on facility_districtscopedsummary (s_type, created_date desc, id);
