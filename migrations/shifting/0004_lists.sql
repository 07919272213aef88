-- The lists of those who act for facilities are read facility by facility, the newest first; large ones are counted again when the asker
-- has written, so the latest writing of each must be at hand.

create index kernel_shift_from on facility_shiftingrequest (origin_facility_id, id) where not deleted;
create index kernel_shift_decided_by on facility_shiftingrequest (shifting_approving_facility_id, id) where not deleted;
create index kernel_shift_to on facility_shiftingrequest (assigned_facility_id, id) where not deleted;
create index kernel_shift_writer on facility_shiftingrequest (last_edited_by_id, modified_date);

-- Matches are counted by their ids, from this index alone.
drop index kernel_shift_facilities;
create index kernel_shift_facilities on facility_shiftingrequest
  (origin_facility_id, shifting_approving_facility_id, assigned_facility_id, status, emergency, is_kasp, is_up_shift, breathlessness_level)
  include (id) where not deleted;
