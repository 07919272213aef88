// Invented people: common first names, invented family names.

export const WOMEN =
  `Aleena Amina Anjali Annamma Archana Asma Beena Bhavya Chandrika Devika Fathima Geetha Gracy Haseena Indira Jameela
  Jyothi Kavya Leela Lissy Malavika Mariam Meenakshi Nabeesa Nandana Parvathi Radha Rosamma Safiya Saritha Thankamma Vasantha`.split(
    /\s+/
  )
export const MEN = `Abdul Ajay Anoop Antony Aravind Ashraf Babu Biju Chacko Dileep Faisal Gokul Gopalan Hari Ibrahim Jayan
  Joby Kabeer Krishnan Kurian Madhavan Mathew Musthafa Naveen Nizar Prakash Rajan Rasheed Sajeev Shaji Thomas Unni`.split(/\s+/)
/** As many as make every pair of a first and a family name occur once only. */
export const FAMILIES =
  `Alumvila Aravankal Attupurathil Chalithara Chirayathodi Elanjikkunnel Eruvathodi Ilavunkara Kadavilethu Kallampura
  Kanjirathara Karuvelil Kizhakkevila Kolathodi Kunnathara Kuzhivila Maliyethodi Manjalvila Marothukara Mullathara Naduvilethu Neelamthara
  Nellikkunnel Olikkara Padinjarevila Palathodi Panachikkara Parayilethu Pezhumthara Plavunkal Ponnamvila Poovanthodi Pullarikkara
  Puthenvila Ramachathara Thaivalappu Thazhathethodi Thottunkara Vadakkethara Valiyavila Veliyilthodi`.split(/\s+/)

/** Of forty patients so many are registered at each facility. */
export const REGISTERED_AT: Readonly<Record<string, number>> = {
  'Puzhakkara District Hospital': 17,
  'Thekkumkara Taluk Hospital': 8,
  'Amma Women and Child Hospital': 4,
  'Vadakkemala Community Health Centre': 3,
  'Kizhakkethode Community Health Centre': 2,
  'Malayoram Medical College Hospital': 2,
  'Riverside Family Health Centre': 1,
  'Hill Top Primary Health Centre': 1,
  'Market Primary Health Centre': 1,
  'Nilavu Private Hospital': 1
}
/** The facility of mothers and children. */
export const WOMEN_AND_CHILDREN = 'Amma Women and Child Hospital'

/** Years, as they come to a hospital: many old, some children. */
export const AGES = [
  34, 67, 52, 8, 71, 45, 29, 60, 78, 23, 55, 41, 3, 64, 37, 82, 19, 58, 49, 73, 31, 66, 12, 54, 26, 70, 47, 61, 88, 39, 57, 1, 68,
  44, 76, 22, 63
]
export const AGES_OF_MOTHERS_AND_CHILDREN = [26, 4, 31, 22, 7, 28, 0, 24, 35, 2, 29]

/** Where people live: local body, then road and post code by ward. */
export const HOMES: Readonly<Record<string, { readonly pincode: number; readonly roads: Readonly<Record<string, string>> }>> = {
  Thekkumkara: {
    pincode: 690_011,
    roads: { Market: 'Bazaar Street', 'Temple Road': 'Kulam Lane', Riverside: 'Kadavu Road', 'Hill Top': 'Kunnu Lane' }
  },
  Vadakkemala: {
    pincode: 690_014,
    roads: { Market: 'Chantha Road', 'Temple Road': 'Kavu Lane', Riverside: 'Thodu Road', 'Hill Top': 'Estate Road' }
  },
  Kizhakkethode: {
    pincode: 690_017,
    roads: { Market: 'Boat Jetty Road', 'Temple Road': 'Aalthara Lane', Riverside: 'Bund Road', 'Hill Top': 'School Road' }
  },
  Pattanam: {
    pincode: 690_001,
    roads: {
      Market: 'Clock Tower Road',
      'Temple Road': 'Car Street',
      Riverside: 'Old Bridge Road',
      'Hill Top': 'Water Tank Road'
    }
  }
}

export const BLOOD_GROUPS = ['O+', 'B+', 'A+', 'O+', 'B+', 'AB+', 'O+', 'A+', 'B+', 'O-', 'UNK', 'B-', 'A-', 'AB-']

/** Diseases, medication and allergies. */
export interface MedicalHistory {
  /** Disease → details. */
  readonly diseases: Readonly<Record<number, string>>
  readonly medication?: string
  readonly allergies?: string
}

export const HISTORIES_OF_THE_YOUNG: readonly MedicalHistory[] = [
  { diseases: { 1: '' } },
  { diseases: { 1: '' } },
  {
    diseases: { 6: 'Wheeze since childhood, two attacks last year' },
    medication: 'Salbutamol inhaler when needed',
    allergies: 'Dust'
  },
  { diseases: { 1: '' } },
  { diseases: { 1: '' }, allergies: 'Penicillin' },
  { diseases: { 8: 'Migraine' }, medication: 'Paracetamol 650 mg when needed' },
  { diseases: { 1: '' } }
]
export const HISTORIES_OF_THE_OLD: readonly MedicalHistory[] = [
  { diseases: { 4: 'Since ten years' }, medication: 'Amlodipine 5 mg once a day' },
  {
    diseases: { 2: 'Type 2, twelve years', 4: 'Since five years' },
    medication: 'Metformin 500 mg twice a day, Telmisartan 40 mg once a day'
  },
  { diseases: { 1: '' } },
  { diseases: { 2: 'Type 2, on tablets' }, medication: 'Metformin 1 g twice a day, Glimepiride 2 mg in the morning' },
  {
    diseases: { 3: 'Stent three years ago', 4: '' },
    medication: 'Aspirin 75 mg, Atorvastatin 40 mg, Metoprolol 25 mg once a day',
    allergies: 'Ibuprofen'
  },
  { diseases: { 6: 'COPD, thirty pack years' }, medication: 'Tiotropium inhaler once a day' },
  { diseases: { 1: '' } },
  {
    diseases: { 2: 'Type 2, on insulin', 5: 'Stage 3' },
    medication: 'Insulin 30/70 16-0-10, Furosemide 20 mg',
    allergies: 'Sulfa drugs'
  },
  { diseases: { 7: 'Breast or prostate, treated, in follow-up' } },
  { diseases: { 8: 'Hypothyroidism' }, medication: 'Levothyroxine 50 µg before breakfast' },
  { diseases: { 4: 'On and off treatment' } }
]

/** Keys of occupations: of children, of adults, of the retired. */
export const OCCUPATIONS_BY_AGE = {
  child: [1],
  adult: [25, 30, 28, 24, 20, 11, 13, 2, 6, 10, 16],
  old: [25, 30, 6, 11, 30]
} as const
