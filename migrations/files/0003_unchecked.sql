-- Uploads nobody has looked at yet: those that were given up are looked for every night.
create index kernel_file_content_unchecked on kernel_file_content (file_id) where checked_at is null;
