const [DH, TALUK, CHC, MCH, WOMEN] = [
  'Puzhakkara District Hospital',
  'Thekkumkara Taluk Hospital',
  'Vadakkemala Community Health Centre',
  'Malayoram Medical College Hospital',
  'Amma Women and Child Hospital'
] as const

/** The approving facility of the demo district. */
export const DESK = 'Puzhakkara Shifting Desk'
export const AMBULANCES = [
  { ambulance_driver_name: 'Yohan Vazhiyil', ambulance_phone_number: '+919000300001', ambulance_number: 'MY 01 A 1081' },
  { ambulance_driver_name: 'Saji Kuzhivila', ambulance_phone_number: '+919000300002', ambulance_number: 'MY 01 A 1082' }
] as const

export interface DemoShift {
  readonly status: number
  readonly from: string
  /** Name of a demo facility; null: not assigned yet. */
  readonly to: string | null
  readonly external?: string
  readonly emergency?: true
  readonly reason: string
  readonly breathlessness?: number
  readonly comments?: readonly string[]
}

const AGREED = 'Called the duty doctor, a bed is kept until evening'

/** Two requests per status. */
export const SHIFTS: readonly DemoShift[] = [
  { status: 10, from: TALUK, to: null, reason: 'Needs an ICU bed, none here', breathlessness: 30 },
  { status: 10, from: DH, to: MCH, reason: 'Neurosurgery opinion after head injury', emergency: true },
  { status: 15, from: DH, to: MCH, reason: 'Angiography', comments: ['Cath lab is down until tomorrow, waiting'] },
  { status: 15, from: CHC, to: TALUK, reason: 'Dialysis twice a week', breathlessness: 20 },
  {
    status: 20,
    from: TALUK,
    to: DH,
    reason: 'CT of the head',
    emergency: true,
    comments: ['Approved, please call the destination']
  },
  { status: 20, from: WOMEN, to: MCH, reason: 'High-risk pregnancy, neonatal ICU needed' },
  {
    status: 30,
    from: DH,
    to: MCH,
    reason: 'Family asks for another hospital',
    comments: ['Can be treated at the district hospital']
  },
  { status: 30, from: TALUK, to: DH, reason: 'Endoscopy', comments: ['Elective: appointment given instead'] },
  { status: 40, from: TALUK, to: DH, reason: 'Oxygen need is rising', breathlessness: 40, emergency: true, comments: [AGREED] },
  { status: 40, from: DH, to: MCH, reason: 'Dialysis during sepsis', breathlessness: 20, comments: [AGREED] },
  {
    status: 50,
    from: DH,
    to: MCH,
    reason: 'Ventilator bed',
    breathlessness: 40,
    emergency: true,
    comments: ['All ventilators are in use']
  },
  {
    status: 50,
    from: CHC,
    to: DH,
    reason: 'Surgery for a diabetic foot',
    comments: ['Theatre is full this week, try the medical college']
  },
  { status: 55, from: TALUK, to: DH, reason: 'Stroke unit', comments: [AGREED, 'Looking for an ambulance with a technician'] },
  { status: 55, from: DH, to: null, external: 'A cancer centre in the next state', reason: 'Radiotherapy' },
  { status: 60, from: DH, to: MCH, reason: 'Coronary bypass', comments: [AGREED, 'Ambulance leaves at noon'] },
  { status: 60, from: CHC, to: TALUK, reason: 'Appendicitis, no surgeon on duty', emergency: true },
  {
    status: 70,
    from: TALUK,
    to: DH,
    reason: 'Pneumonia, saturation falls',
    breathlessness: 40,
    emergency: true,
    comments: ['Left with 6 l oxygen']
  },
  { status: 70, from: WOMEN, to: MCH, reason: 'Newborn with breathing trouble', breathlessness: 30, emergency: true },
  { status: 80, from: TALUK, to: DH, reason: 'Dengue with falling platelets', comments: ['Arrived, stable'] },
  { status: 80, from: CHC, to: TALUK, reason: 'Observation after a snake bite', comments: ['Arrived, handed over'] },
  {
    status: 90,
    from: DH,
    to: MCH,
    reason: 'Cardiogenic shock',
    breathlessness: 40,
    emergency: true,
    comments: ['Died before the ambulance came']
  },
  { status: 90, from: TALUK, to: DH, reason: 'Respiratory failure', breathlessness: 40, emergency: true },
  { status: 100, from: DH, to: MCH, reason: 'MRI', comments: ['Better since yesterday, not needed any more'] },
  { status: 100, from: TALUK, to: DH, reason: 'Blood transfusion', comments: ['Blood was sent instead'] }
]
