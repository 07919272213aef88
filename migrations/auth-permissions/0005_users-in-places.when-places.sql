-- baseline: where a user belongs to

alter table users_user
  add foreign key (district_id) references users_district deferrable initially deferred,
  add foreign key (local_body_id) references users_localbody deferrable initially deferred,
  add foreign key (state_id) references users_state deferrable initially deferred,
  add foreign key (ward_id) references users_ward deferrable initially deferred;
