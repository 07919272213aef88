-- baseline: users that are a device

alter table users_user add foreign key (asset_id) references facility_asset deferrable initially deferred;
