-- The skills of the original with its ids (contract auth-users §3.8), where there are none yet.
with seeded as (
  insert into users_skill (id, external_id, created_date, modified_date, deleted, name, description)
  select id, gen_random_uuid(), now(), now(), false, name, ''
  from (values
    (1, 'General Medicine'), (2, 'Dentist'), (3, 'Geriatrician'), (4, 'Immunologist'),
    (5, 'Infectious Disease Specialist'), (6, 'MBBS doctor'), (7, 'Oral and Maxillofacial Surgeon'),
    (8, 'Pediatric Surgeon'), (9, 'Sports Medicine Specialist'), (10, 'Transfusion Medicine Specialist'),
    (11, 'Anesthesiologist'), (12, 'Cardiac Surgeon'), (13, 'Cardiologist'), (15, 'Dermatologist'), (16, 'Diabetologist'),
    (17, 'Emergency Medicine Physician'), (18, 'Endocrinologist'), (19, 'Family Physician'), (20, 'Gastroenterologist'),
    (22, 'General Surgeon'), (24, 'Hematologist'), (27, 'Intensivist'), (29, 'Medical Officer'), (30, 'Nephrologist'),
    (31, 'Neuro Surgeon'), (32, 'Neurologist'), (33, 'Obstetrician and Gynecologist'), (34, 'Oncologist'),
    (35, 'Oncology Surgeon'), (36, 'Ophthalmologist'), (38, 'Orthopedic'), (39, 'Orthopedic Surgeon'),
    (40, 'Otolaryngologist (ENT)'), (41, 'Pediatrician'), (42, 'Palliative care Physician'), (43, 'Pathologist'),
    (45, 'Physician'), (46, 'Plastic Surgeon'), (47, 'Psychiatrist'), (48, 'Pulmonologist'), (49, 'Radio technician'),
    (50, 'Radiologist'), (51, 'Rheumatologist'), (53, 'Thoraco-Vascular Surgeon'), (55, 'Urologist')
  ) as skill (id, name)
  where not exists (select from users_skill)
  returning id
)
select setval(pg_get_serial_sequence('users_skill', 'id'), max(id)) from seeded having count(*) > 0;
