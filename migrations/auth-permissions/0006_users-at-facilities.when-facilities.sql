-- baseline: the home facility of a user

alter table users_user add foreign key (home_facility_id) references facility_facility deferrable initially deferred;
alter table users_userfacilityallocation add foreign key (facility_id) references facility_facility deferrable initially deferred;
