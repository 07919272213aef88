-- baseline: what dashboards read about facilities, districts and local bodies, a row per day (contract gateways-jobs §15)

create table facility_facilityrelatedsummary (
  id uuid primary key,
  created_date timestamptz,
  modified_date timestamptz,
  s_type varchar(100) not null,
  data jsonb,
  facility_id bigint references facility_facility deferrable initially deferred
);
create index facility_fa_modifie_552c15_idx on facility_facilityrelatedsummary (modified_date desc);
create index facility_fa_created_adc5be_idx on facility_facilityrelatedsummary (created_date desc);
create index facility_fa_s_type_7b0ae3_idx on facility_facilityrelatedsummary (s_type);
create index facility_fa_created_81979e_idx on facility_facilityrelatedsummary (created_date desc, s_type);
create index facility_facilityrelatedsummary_facility_id_c0471b02 on facility_facilityrelatedsummary (facility_id);

create table facility_districtscopedsummary (
  id uuid primary key,
  created_date timestamptz,
  modified_date timestamptz,
  s_type varchar(100) not null,
  data jsonb,
  district_id bigint references users_district deferrable initially deferred
);
create index facility_di_modifie_09d187_idx on facility_districtscopedsummary (modified_date desc);
create index facility_di_created_74064b_idx on facility_districtscopedsummary (created_date desc);
create index facility_di_s_type_7410ec_idx on facility_districtscopedsummary (s_type);
create index facility_di_created_45003b_idx on facility_districtscopedsummary (created_date desc, s_type);
create index facility_districtscopedsummary_district_id_53ed2c2a on facility_districtscopedsummary (district_id);

-- Written and read by nobody, there for dashboards that name it.
create table facility_localbodyscopedsummary (
  id uuid primary key,
  created_date timestamptz,
  modified_date timestamptz,
  s_type varchar(100) not null,
  data jsonb,
  lsg_id bigint references users_localbody deferrable initially deferred
);
create index facility_lo_modifie_a60b84_idx on facility_localbodyscopedsummary (modified_date desc);
create index facility_lo_created_0e69e8_idx on facility_localbodyscopedsummary (created_date desc);
create index facility_lo_s_type_f5b38c_idx on facility_localbodyscopedsummary (s_type);
create index facility_lo_created_d5c5c0_idx on facility_localbodyscopedsummary (created_date desc, s_type);
create index facility_localbodyscopedsummary_lsg_id_684be3a6 on facility_localbodyscopedsummary (lsg_id);
