const [DH, TALUK, CHC, EAST, MCH] = [
  'Puzhakkara District Hospital',
  'Thekkumkara Taluk Hospital',
  'Vadakkemala Community Health Centre',
  'Kizhakkethode Community Health Centre',
  'Malayoram Medical College Hospital'
] as const

/** The approving facility of the demo district. */
export const WAR_ROOM = 'Puzhakkara War Room'

export interface DemoResource {
  readonly status: number
  readonly title: string
  readonly reason: string
  readonly from: string
  readonly to?: string
  /** Numbers of `CATEGORIES` and `SUB_CATEGORIES`. */
  readonly category: number
  readonly sub?: number
  readonly asked: number
  readonly given?: number
  readonly emergency?: true
  readonly comments?: readonly string[]
}

/** Two requests per status. */
export const RESOURCES: readonly DemoResource[] = [
  {
    status: 80,
    title: 'Type D cylinders for the new ward',
    reason: 'Twelve more beds with oxygen',
    from: TALUK,
    to: DH,
    category: 100,
    sub: 140,
    asked: 20,
    given: 20,
    comments: ['Delivered and counted']
  },
  {
    status: 80,
    title: 'Examination gloves',
    reason: 'Supplier is late',
    from: CHC,
    to: TALUK,
    category: 200,
    asked: 2000,
    given: 1500,
    comments: ['All we could spare']
  },
  {
    status: 30,
    title: 'Ventilator on loan',
    reason: 'One is under repair',
    from: TALUK,
    to: MCH,
    category: 200,
    asked: 1,
    comments: ['None can be spared this month']
  },
  {
    status: 30,
    title: 'Liquid oxygen, second tank',
    reason: 'To be safe for the festival',
    from: DH,
    category: 100,
    sub: 110,
    asked: 5000,
    comments: ['Stock is enough for nine days']
  },
  {
    status: 15,
    title: 'Infusion pumps',
    reason: 'Dengue ward is full',
    from: DH,
    to: MCH,
    category: 200,
    asked: 6,
    comments: ['Waiting for the count of the medical college']
  },
  { status: 15, title: 'Type C cylinders', reason: 'Ambulance stock', from: EAST, category: 100, sub: 130, asked: 8 },
  {
    status: 70,
    title: 'Refill of type B cylinders',
    reason: 'Three left',
    from: CHC,
    to: DH,
    category: 100,
    sub: 120,
    asked: 12,
    given: 12,
    emergency: true,
    comments: ['On the way, arrives before six']
  },
  { status: 70, title: 'N95 masks', reason: 'TB ward', from: TALUK, to: DH, category: 200, asked: 600, given: 400 },
  {
    status: 55,
    title: 'Oxygen concentrators',
    reason: 'Patients go home on oxygen',
    from: DH,
    to: MCH,
    category: 100,
    asked: 10,
    given: 6,
    comments: ['Six are ready, a van is wanted']
  },
  { status: 55, title: 'Hospital beds', reason: 'Old ones are broken', from: EAST, to: TALUK, category: 200, asked: 4, given: 4 },
  {
    status: 20,
    title: 'Liquid oxygen for the district hospital',
    reason: 'Use has doubled this week',
    from: DH,
    to: MCH,
    category: 100,
    sub: 110,
    asked: 4000,
    emergency: true,
    comments: ['Approved, quantity to be settled']
  },
  {
    status: 20,
    title: 'Snake venom antiserum',
    reason: 'Two vials left',
    from: TALUK,
    to: DH,
    category: 200,
    asked: 20,
    emergency: true
  },
  {
    status: 10,
    title: 'Type D cylinders',
    reason: 'Pneumonia cases are rising',
    from: TALUK,
    to: DH,
    category: 100,
    sub: 140,
    asked: 10,
    emergency: true
  },
  { status: 10, title: 'ORS and zinc', reason: 'Many with loose stools after the flood', from: CHC, category: 200, asked: 500 }
]
