/** Vital signs, in the units of daily rounds. */
export interface Vitals {
  readonly temperature: number
  readonly pulse: number
  readonly systolic: number
  readonly diastolic: number
  readonly resp: number
  readonly spo2: number
}

/** Vital signs of a healthy person. */
export const WELL: Vitals = { temperature: 98.4, pulse: 78, systolic: 122, diastolic: 78, resp: 16, spo2: 98 }

/** An illness at presentation. */
export interface Illness {
  /** Ages in years: from, to. */
  readonly ages: readonly [number, number]
  /** Titles in the sample of ICD-11: the principal one first. */
  readonly diagnoses: readonly string[]
  readonly symptoms: readonly number[]
  readonly history: string
  readonly examination: string
  readonly plan: string
  /** Category at first (stored key), and days in hospital. */
  readonly category: 'Stable' | 'Moderate' | 'Critical'
  readonly days: number
  /** What differs from `WELL` at first. */
  readonly vitals: Partial<Vitals>
  /** Treated by a surgeon. */
  readonly surgical?: true
  /** Blood sugar at first, mg/dl, where it is monitored. */
  readonly sugar?: number
  /** Can be treated without a bed. */
  readonly light?: true
}

export const ILLNESSES: readonly Illness[] = [
  {
    ages: [5, 95],
    diagnoses: ['Dengue fever, unspecified'],
    symptoms: [2, 22, 6, 30],
    history: 'High fever for four days with headache, pain behind the eyes and in the joints',
    examination: 'Flushed, petechiae on both forearms, no bleeding from the gums',
    plan: 'Oral and IV fluids, paracetamol, platelet count every day, no NSAIDs',
    category: 'Moderate',
    days: 6,
    vitals: { temperature: 102.6, pulse: 108, systolic: 104, diastolic: 68, resp: 20 }
  },
  {
    ages: [0, 95],
    diagnoses: ['Pneumonia'],
    symptoms: [2, 4, 5, 11],
    history: 'Cough with yellow sputum and fever for five days, short of breath since yesterday',
    examination: 'Crackles over the right lower zone, no cyanosis',
    plan: 'Ceftriaxone and azithromycin, oxygen to keep SpO2 above 94 %, chest X-ray',
    category: 'Moderate',
    days: 7,
    vitals: { temperature: 102.2, pulse: 112, resp: 28, spo2: 90 }
  },
  {
    ages: [40, 95],
    diagnoses: ['Acute myocardial infarction', 'Essential hypertension'],
    symptoms: [13, 12, 26],
    history: 'Crushing chest pain for two hours, to the left arm, with sweating',
    examination: 'Anxious, cold hands, ST elevation in V2 to V4',
    plan: 'Thrombolysed, dual antiplatelets, statin, monitored bed',
    category: 'Critical',
    days: 6,
    vitals: { pulse: 104, systolic: 98, diastolic: 62, resp: 22, spo2: 93 }
  },
  {
    ages: [50, 95],
    diagnoses: ['Stroke not known if ischaemic or haemorrhagic', 'Essential hypertension'],
    symptoms: [28, 26, 22],
    history: 'Found with weakness of the right side and slurred speech in the morning',
    examination: 'Right hemiparesis, power 2/5, aphasia',
    plan: 'CT of the head, aspirin after it, swallowing test, physiotherapy from day two',
    category: 'Critical',
    days: 10,
    vitals: { pulse: 88, systolic: 188, diastolic: 106, resp: 18, spo2: 95 }
  },
  {
    ages: [6, 60],
    diagnoses: ['Appendicitis'],
    symptoms: [29, 8, 2],
    history: 'Pain around the navel since yesterday, now in the right lower abdomen',
    examination: 'Tenderness at McBurney’s point with rebound',
    plan: 'Nil by mouth, antibiotics, appendicectomy today',
    category: 'Moderate',
    days: 4,
    vitals: { temperature: 100.8, pulse: 102, resp: 20 },
    surgical: true
  },
  {
    ages: [45, 95],
    diagnoses: ['Chronic obstructive pulmonary disease'],
    symptoms: [5, 4, 11],
    history: 'Known COPD, worse for three days after a cold',
    examination: 'Speaks in phrases, wheeze over both lungs, uses accessory muscles',
    plan: 'Nebulised salbutamol and ipratropium, steroids, oxygen at 2 l to 88–92 %',
    category: 'Moderate',
    days: 6,
    vitals: { temperature: 99.2, pulse: 106, systolic: 138, diastolic: 86, resp: 28, spo2: 87 }
  },
  {
    ages: [2, 50],
    diagnoses: ['Asthma'],
    symptoms: [5, 4],
    history: 'Wheeze and cough at night for a week, the inhaler no longer helps',
    examination: 'Wheeze over both lungs, speaks in sentences',
    plan: 'Nebulisation, oral prednisolone for five days, inhaler technique shown',
    category: 'Stable',
    days: 3,
    vitals: { pulse: 110, resp: 26, spo2: 92 },
    light: true
  },
  {
    ages: [0, 95],
    diagnoses: ['Gastroenteritis or colitis without specification of infectious agent'],
    symptoms: [17, 8, 29],
    history: 'Loose stools eight times since last night, vomited three times',
    examination: 'Dry tongue, skin turgor reduced, soft abdomen',
    plan: 'ORS after every stool, IV Ringer lactate, zinc for children',
    category: 'Stable',
    days: 3,
    vitals: { temperature: 99.8, pulse: 110, systolic: 100, diastolic: 64 },
    light: true
  },
  {
    ages: [5, 60],
    diagnoses: ['Typhoid fever'],
    symptoms: [2, 29, 21, 32],
    history: 'Fever rising by steps for nine days, no appetite',
    examination: 'Coated tongue, spleen just palpable',
    plan: 'Ceftriaxone for ten days, soft diet, blood culture sent',
    category: 'Moderate',
    days: 8,
    vitals: { temperature: 103.1, pulse: 92, systolic: 108, diastolic: 70 }
  },
  {
    ages: [35, 95],
    diagnoses: ['Type 2 diabetes mellitus', 'Essential hypertension'],
    symptoms: [20, 18, 2],
    history: 'Ulcer of the left foot for three weeks, foul smell for two days',
    examination: 'Ulcer 3 × 2 cm under the first metatarsal, pulses weak, no crepitus',
    plan: 'Insulin by sliding scale, debridement, dressing every day, off-loading',
    category: 'Moderate',
    days: 10,
    vitals: { temperature: 100.6, pulse: 98, systolic: 146, diastolic: 88 },
    surgical: true,
    sugar: 348
  },
  {
    ages: [50, 95],
    diagnoses: ['Congestive heart failure', 'Essential hypertension'],
    symptoms: [5, 19, 26],
    history: 'Cannot lie flat for a week, legs swollen, woke gasping last night',
    examination: 'Raised JVP, crackles to the mid zones, pitting edema to the knees',
    plan: 'IV furosemide, fluids 1.2 l a day, weight every morning',
    category: 'Moderate',
    days: 7,
    vitals: { pulse: 112, systolic: 158, diastolic: 96, resp: 28, spo2: 89 }
  },
  {
    ages: [40, 90],
    diagnoses: ['Chronic kidney disease', 'Type 2 diabetes mellitus'],
    symptoms: [19, 12, 26],
    history: 'Known kidney disease, less urine and nausea for four days',
    examination: 'Pale, puffy face, pedal edema, no rub',
    plan: 'Haemodialysis twice a week, potassium every day, renal diet',
    category: 'Moderate',
    days: 6,
    vitals: { pulse: 92, systolic: 168, diastolic: 98, resp: 22, spo2: 94 },
    sugar: 196
  },
  {
    ages: [16, 90],
    diagnoses: ['Tuberculosis of the respiratory system'],
    symptoms: [4, 14, 2, 32],
    history: 'Cough for five weeks with streaks of blood, evening fever, lost six kilograms',
    examination: 'Bronchial breathing over the left upper zone',
    plan: 'Sputum for CBNAAT, first-line treatment after it, contacts to be screened',
    category: 'Stable',
    days: 8,
    vitals: { temperature: 100.4, pulse: 96, systolic: 106, diastolic: 68, resp: 20, spo2: 95 },
    light: true
  },
  {
    ages: [18, 70],
    diagnoses: ['Malaria due to Plasmodium falciparum'],
    symptoms: [2, 25, 22],
    history: 'Fever with shaking chills every other day since back from work in another state',
    examination: 'Icterus, spleen two fingers',
    plan: 'Artemisinin combination, glucose every four hours, smear every day',
    category: 'Moderate',
    days: 5,
    vitals: { temperature: 103.6, pulse: 116, systolic: 100, diastolic: 62, resp: 22 }
  },
  {
    ages: [18, 95],
    diagnoses: ['COVID-19'],
    symptoms: [2, 4, 33, 34],
    history: 'Fever and dry cough for three days, no smell since yesterday, a cousin has it too',
    examination: 'Throat red, chest clear',
    plan: 'Isolation, fluids, SpO2 four times a day',
    category: 'Stable',
    days: 7,
    vitals: { temperature: 101.2, pulse: 96, resp: 20, spo2: 94 },
    light: true
  },
  {
    ages: [18, 75],
    diagnoses: ['Intracranial injury'],
    symptoms: [20, 22, 8, 28],
    history: 'Fell from a motorcycle, was unconscious for some minutes, vomited twice',
    examination: 'Scalp wound of 5 cm, pupils equal and reacting, GCS 12',
    plan: 'CT of the head, observation every hour, head up 30°',
    category: 'Critical',
    days: 8,
    vitals: { pulse: 62, systolic: 152, diastolic: 84, resp: 14, spo2: 95 },
    surgical: true
  },
  {
    ages: [12, 65],
    diagnoses: ['Migraine'],
    symptoms: [22, 12],
    history: 'Throbbing headache of one side since morning, light hurts',
    examination: 'No neck stiffness, fundi normal',
    plan: 'Naproxen, metoclopramide, a diary of headaches',
    category: 'Stable',
    days: 1,
    vitals: { pulse: 84, systolic: 128, diastolic: 82 },
    light: true
  },
  {
    ages: [30, 95],
    diagnoses: ['Essential hypertension', 'Obesity'],
    symptoms: [24, 22],
    history: 'Dizzy for a week, has left the tablets for two months',
    examination: 'Heart sounds normal, no edema',
    plan: 'Amlodipine and telmisartan again, salt below 5 g, pressure at home every morning',
    category: 'Stable',
    days: 2,
    vitals: { pulse: 84, systolic: 176, diastolic: 102 },
    light: true
  },
  {
    ages: [0, 14],
    diagnoses: ['Influenza, virus not identified'],
    symptoms: [2, 15, 4],
    history: 'Fever and runny nose for two days, drinks less',
    examination: 'Throat red, ears normal, chest clear',
    plan: 'Paracetamol by weight, fluids, back if breathing is fast',
    category: 'Stable',
    days: 2,
    vitals: { temperature: 101.8, pulse: 118, systolic: 98, diastolic: 62, resp: 26, spo2: 97 },
    light: true
  },
  {
    ages: [30, 80],
    diagnoses: ['Gastric ulcer'],
    symptoms: [29, 12, 23],
    history: 'Burning pain after meals for a month, black stools twice',
    examination: 'Epigastric tenderness, pale',
    plan: 'IV pantoprazole, endoscopy tomorrow, two units reserved',
    category: 'Moderate',
    days: 4,
    vitals: { pulse: 108, systolic: 98, diastolic: 60, resp: 18 },
    surgical: true
  }
]
