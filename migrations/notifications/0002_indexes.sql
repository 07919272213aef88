-- One's own notifications, newest first, and how many: the list reads this index and the rows of the page.
create index kernel_notification_own on facility_notification (intended_for_id, created_date desc, id desc)
  include (event, event_type, medium_sent) where not deleted;
