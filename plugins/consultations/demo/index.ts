import type { Tx } from 'care-kernel'
import { demoEncounters } from './encounters.ts'
import { importEntries } from '../icd-import.ts'
import { readTabulation } from '../icd-tabulation.ts'
import type { ConsultationScope } from '../services.ts'

/** Chapters and some everyday entries of them: number, title, then code and title of each. Keys are of this sample, not WHO's. */
const SAMPLE: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    '01',
    'Certain infectious or parasitic diseases',
    {
      '1A00': 'Cholera',
      '1A07': 'Typhoid fever',
      '1A40': 'Gastroenteritis or colitis without specification of infectious agent',
      '1B10': 'Tuberculosis of the respiratory system',
      '1D2Z': 'Dengue fever, unspecified',
      '1F40': 'Malaria due to Plasmodium falciparum',
      '1E32': 'Influenza, virus not identified'
    }
  ],
  ['05', 'Endocrine, nutritional or metabolic diseases', { '5A11': 'Type 2 diabetes mellitus', '5B81': 'Obesity' }],
  ['08', 'Diseases of the nervous system', { '8A80': 'Migraine', '8B20': 'Stroke not known if ischaemic or haemorrhagic' }],
  [
    '11',
    'Diseases of the circulatory system',
    { BA00: 'Essential hypertension', BA41: 'Acute myocardial infarction', BD10: 'Congestive heart failure' }
  ],
  [
    '12',
    'Diseases of the respiratory system',
    { CA22: 'Chronic obstructive pulmonary disease', CA23: 'Asthma', CA40: 'Pneumonia' }
  ],
  ['13', 'Diseases of the digestive system', { DA60: 'Gastric ulcer', DB10: 'Appendicitis' }],
  ['16', 'Diseases of the genitourinary system', { GB61: 'Chronic kidney disease' }],
  ['21', 'Symptoms, signs or clinical findings, not elsewhere classified', { MG26: 'Fever of other or unknown origin' }],
  ['22', 'Injury, poisoning or certain other consequences of external causes', { NA07: 'Intracranial injury' }],
  ['25', 'Codes for special purposes', { RA01: 'COVID-19' }]
]

const HEADER = ['Foundation URI', 'Linearization URI', 'Code', 'Title', 'ClassKind', 'ChapterNo', 'isLeaf']
const FIRST_KEY = 9_100_000

/** A sample of ICD-11 in the form of WHO's tabulation, so that the demo goes the course a deployment goes; then the consultations of the demo district. */
export async function demo(tx: Tx, scope: ConsultationScope): Promise<void> {
  await importEntries(tx, readTabulation([HEADER.join('\t'), ...sampleLines()]))
  await demoEncounters(tx, scope)
}

function sampleLines(): string[] {
  let key = FIRST_KEY
  const line = (...cells: readonly string[]) => [`http://id.who.int/icd/entity/${String(key++)}`, '', ...cells].join('\t')
  return SAMPLE.flatMap(([number, title, entries]) => [
    line('', title, 'chapter', number, 'False'),
    ...Object.entries(entries).map(([code, name]) => line(code, `- ${name}`, 'category', number, 'True'))
  ])
}
