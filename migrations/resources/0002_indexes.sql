-- Who sees a request and in which column of the board it stands: counts are read from this index alone.

create index kernel_resource_facilities on facility_resourcerequest
  (origin_facility_id, approving_facility_id, assigned_facility_id, status, category, sub_category, emergency) where not deleted;
