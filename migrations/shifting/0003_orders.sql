-- The orders lists are asked for: each way with the newest first among equals (contract shifting §3.2).
create index kernel_shift_emergency on facility_shiftingrequest (emergency, id desc) where not deleted;
create index kernel_shift_emergency_down on facility_shiftingrequest (emergency desc, id desc) where not deleted;
