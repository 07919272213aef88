-- What lists are searched by, and the orders they are asked for: each way with the newest first among equals (contract shifting §9.2).
create extension if not exists pg_trgm;
create index kernel_resource_title on facility_resourcerequest using gin (title gin_trgm_ops) where not deleted;
create index kernel_resource_priority on facility_resourcerequest (priority, id desc) where not deleted;
create index kernel_resource_priority_down on facility_resourcerequest (priority desc, id desc) where not deleted;
create index kernel_resource_emergency on facility_resourcerequest (emergency, id desc) where not deleted;
create index kernel_resource_emergency_down on facility_resourcerequest (emergency desc, id desc) where not deleted;
