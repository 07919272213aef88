import type { Labels } from 'care-kernel/rest'

/** docs/api/facilities.md §3.1. */
export const FACILITY_TYPES: Labels = {
  1: 'Educational Inst',
  2: 'Private Hospital',
  3: 'Other',
  4: 'Hostel',
  5: 'Hotel',
  6: 'Lodge',
  7: 'TeleMedicine',
  9: 'Govt Labs',
  10: 'Private Labs',
  800: 'Primary Health Centres',
  802: 'Family Health Centres',
  803: 'Community Health Centres',
  830: 'Taluk Hospitals',
  840: 'Women and Child Health Centres',
  860: 'District Hospitals',
  870: 'Govt Medical College Hospitals',
  900: 'Co-operative hospitals',
  910: 'Autonomous healthcare facility',
  1010: 'COVID-19 Domiciliary Care Center',
  1100: 'First Line Treatment Centre',
  1200: 'Second Line Treatment Center',
  1300: 'Shifting Centre',
  1400: 'Covid Management Center',
  1500: 'Request Approving Center',
  1510: 'Request Fulfilment Center',
  1600: 'District War Room'
}

/** docs/api/facilities.md §3.2; the API carries the numbers. */
export const FEATURES: Labels = {
  1: 'CT Scan Facility',
  2: 'Maternity Care',
  3: 'X-Ray facility',
  4: 'Neonatal care',
  5: 'Operation theater',
  6: 'Blood Bank'
}

/** docs/api/facilities.md §3.3. */
export const ROOM_TYPES: Labels = { 100: 'ICU Bed', 200: 'Ordinary Bed', 300: 'Oxygen Bed', 400: 'Isolation Bed', 500: 'Others' }

/** docs/api/facilities.md §3.4; there is no 19. */
export const DOCTOR_AREAS: Labels = {
  1: 'General Medicine',
  2: 'Pulmonology',
  3: 'Intensivist',
  4: 'Pediatrician',
  5: 'Others',
  6: 'Anesthesiologist',
  7: 'Cardiac Surgeon',
  8: 'Cardiologist',
  9: 'Dentist',
  10: 'Dermatologist',
  11: 'Diabetologist',
  12: 'Emergency Medicine Physician',
  13: 'Endocrinologist',
  14: 'Family Physician',
  15: 'Gastroenterologist',
  16: 'General Surgeon',
  17: 'Geriatrician',
  18: 'Hematologist',
  20: 'Infectious Disease Specialist',
  21: 'MBBS doctor',
  22: 'Medical Officer',
  23: 'Nephrologist',
  24: 'Neuro Surgeon',
  25: 'Neurologist',
  26: 'Obstetrician/Gynecologist (OB/GYN)',
  27: 'Oncologist',
  28: 'Oncology Surgeon',
  29: 'Ophthalmologist',
  30: 'Oral and Maxillofacial Surgeon',
  31: 'Orthopedic',
  32: 'Orthopedic Surgeon',
  33: 'Otolaryngologist (ENT)',
  34: 'Palliative care Physician',
  35: 'Pathologist',
  36: 'Pediatric Surgeon',
  37: 'Physician',
  38: 'Plastic Surgeon',
  39: 'Psychiatrist',
  40: 'Pulmonologist',
  41: 'Radio technician',
  42: 'Radiologist',
  43: 'Rheumatologist',
  44: 'Sports Medicine Specialist',
  45: 'Thoraco-Vascular Surgeon',
  46: 'Transfusion Medicine Specialist',
  47: 'Urologist',
  48: 'Nurse',
  49: 'Allergist/Immunologist',
  50: 'Cardiothoracic Surgeon',
  51: 'Gynecologic Oncologist',
  52: 'Hepatologist',
  53: 'Internist',
  54: 'Neonatologist',
  55: 'Pain Management Specialist',
  56: 'Physiatrist (Physical Medicine and Rehabilitation)',
  57: 'Podiatrist',
  58: 'Preventive Medicine Specialist',
  59: 'Radiation Oncologist',
  60: 'Sleep Medicine Specialist',
  61: 'Transplant Surgeon',
  62: 'Trauma Surgeon',
  63: 'Vascular Surgeon',
  64: 'Critical Care Physician'
}

/** docs/api/facilities.md §3.6; the API carries the numbers. */
export const RELATIONSHIPS: Labels = { 1: 'Regular Hub', 2: 'Tele ICU Hub' }

/** The stored numbers of an enumeration. */
export const numbersOf = (labels: Labels): readonly number[] => Object.keys(labels).map(Number)
