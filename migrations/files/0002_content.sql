-- What was announced for an upload, and what was found in the store. Files of the original have no such row.

create table kernel_file_content (
  file_id bigint primary key references facility_fileupload on delete cascade,
  mime_type varchar(255) not null,
  announced_size bigint,
  size bigint,
  etag varchar(255),
  version varchar(1024),
  checked_at timestamptz
);

-- The files of one patient, consultation …, newest first.
create index kernel_file_of on facility_fileupload (file_type, associating_id, created_date desc nulls last, id desc) where not deleted;
