import { column, type Column } from 'care-kernel/data'
import { field, Invalid, out, type CodeLabels, type Field, type Labels, type Output } from 'care-kernel/rest'
import { Type, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import * as labels from './enumerations.ts'

/** One field of a daily round: its column, input and output (docs/api/consultations.md §10.2). */
export interface RoundField {
  readonly column: Column
  readonly input: Field
  /** SQL over the column `sql`. */
  readonly output: (sql: string) => Output
}

const optional = { optional: true } as const
const nullable = { optional: true, null: true } as const

const label = (of: Labels, make = column.integer): RoundField => ({
  column: make('health', { null: true }),
  input: field.label(of, optional),
  output: sql => out.label(sql, of)
})
const small = (of: Labels) => label(of, column.smallint)
const code = (of: CodeLabels, length: number): RoundField => ({
  column: column.varchar('health', length, { null: true, coded: Object.keys(of) }),
  input: field.label(of, optional),
  output: sql => out.label(sql, of)
})
const whole = (min: number, max: number): RoundField => ({
  column: column.integer('health', { null: true }),
  input: field.integer({ ...nullable, min, max }),
  output: out.integer
})
const decimal = (digits: number, bounds: { readonly min?: number; readonly max?: number } = {}): RoundField => ({
  column: column.decimal('health', digits, 2, { null: true }),
  input: field.decimal({ ...nullable, digits, places: 2, ...bounds }),
  output: out.decimal
})
const words = (): RoundField => ({
  column: column.text('health', { null: true }),
  input: field.text({ ...nullable, blank: true }),
  output: out.text
})
const yesNo = (): RoundField => ({
  column: column.boolean('health', { null: true }),
  input: field.boolean(nullable),
  output: out.boolean
})
const json = (
  schema: TSchema,
  empty: unknown[] | object | null,
  wrongly: (value: never) => string | undefined = () => undefined
): RoundField => {
  const any = field.json(empty === null ? nullable : optional)
  return {
    column: empty === null ? column.json('health', { null: true }) : column.json('health', { default: () => empty }),
    input: {
      ...any,
      schema,
      parse(input, arrival) {
        const [wrong] = Value.Check(schema, input) ? [] : Value.Errors(schema, input)
        const message = wrong ? `${wrong.instancePath || 'the value'} ${wrong.message}` : wrongly(input as never)
        return message ? new Invalid([message]) : any.parse(input, arrival)
      }
    },
    output: out.json
  }
}

// JSON values (docs/api/consultations.md §10.2). Every element is checked (FIX-C8); objects have no further properties.

const closed = <T extends Record<string, TSchema>>(properties: T) => Type.Object(properties, { additionalProperties: false })
const oneOf = (...values: readonly string[]) => Type.Union(values.map(value => Type.Literal(value)))
const amount = (most?: number) => Type.Number({ minimum: 0, ...(most === undefined ? {} : { maximum: most }) })
const measured = (...names: readonly string[]) => Type.Array(closed({ name: oneOf(...names), quantity: amount() }))

const ANTERIOR = `Head Neck RightShoulder RightChest RightArm RightForearm RightHand LeftHand LeftChest LeftShoulder LeftArm
  LeftForearm RightFoot LeftFoot RightLeg LowerChest Abdomen LeftLeg RightThigh LeftThigh Groin`
const POSTERIOR = `Head Neck LeftChest RightChest Abdomen LeftShoulder RightShoulder LeftArm LeftForearm LeftHand RightArm
  RightForearm RightHand LeftThighAndButtock RightThighAndButtock LeftLeg RightLeg LeftFoot RightFoot`
const regions = (side: string, names: string) => names.split(/\s+/).map(name => `${side}${name}`)
const region = oneOf(...regions('Anterior', ANTERIOR), ...regions('Posterior', POSTERIOR))

const PROCEDURES = `oral_care hair_care bed_bath eye_care perineal_care skin_care pre_enema wound_dressing lymphedema_care
  ascitic_tapping colostomy_care colostomy_change personal_hygiene positioning suctioning ryles_tube_care ryles_tube_change
  iv_sitecare nubulisation dressing dvt_pump_stocking restrain chest_tube_care tracheostomy_care tracheostomy_tube_change
  stoma_care catheter_care catheter_change`

/** mmHg. */
const bloodPressure = closed({ systolic: amount(400), diastolic: amount(400) })

const infusions = measured('Adrenalin', 'Noradrenalin', 'Vasopressin', 'Dopamine', 'Dobutamine')
const ivFluids = measured('RL', 'NS', 'DNS')
const feeds = measured('Ryles Tube', 'Normal Feed')
const outputs = measured('Urine', 'Ryles Tube Aspiration', 'ICD', 'Abdominal Drain')

const pressureSores = Type.Array(
  closed({
    region,
    width: amount(),
    length: amount(),
    exudate_amount: Type.Optional(oneOf('None', 'Light', 'Moderate', 'Heavy')),
    tissue_type: Type.Optional(oneOf('Closed', 'Epithelial', 'Granulation', 'Slough', 'Necrotic')),
    description: Type.Optional(Type.String()),
    push_score: Type.Optional(amount(19)),
    scale: Type.Optional(Type.Number({ minimum: 1, maximum: 5 }))
  })
)

const pains = Type.Array(
  closed({ region, scale: Type.Number({ minimum: 1, maximum: 10 }), description: Type.Optional(Type.String()) })
)

const nursing = Type.Array(closed({ procedure: oneOf(...PROCEDURES.split(/\s+/)), description: Type.String() }))

const roundMeta = closed({ dialysis: Type.Optional(Type.Boolean()) })

/** The fields of a daily round, by column. Units: °F, mmHg, %, ml, mg/dl. */
export const ROUND_FIELDS = {
  patient_category: code(labels.CATEGORIES, 13),
  deprecated_covid_category: code(labels.COVID_CATEGORIES, 8),
  temperature: decimal(5, { min: 95, max: 106 }),
  archived_spo2: decimal(4),
  physical_examination_info: words(),
  other_details: words(),
  bowel_issue: small(labels.BOWEL_ISSUES),
  bladder_drainage: small(labels.BLADDER_DRAINAGES),
  bladder_issue: small(labels.BLADDER_ISSUES),
  is_experiencing_dysuria: yesNo(),
  urination_frequency: small(labels.URINATION_FREQUENCIES),
  sleep: small(labels.SLEEPS),
  nutrition_route: small(labels.NUTRITION_ROUTES),
  oral_issue: small(labels.ORAL_ISSUES),
  appetite: small(labels.APPETITES),
  consciousness_level: label(labels.CONSCIOUSNESS_LEVELS),
  consciousness_level_detail: words(),
  in_prone_position: yesNo(),
  left_pupil_size: whole(0, 8),
  left_pupil_size_detail: words(),
  left_pupil_light_reaction: label(labels.PUPIL_REACTIONS),
  left_pupil_light_reaction_detail: words(),
  right_pupil_size: whole(0, 8),
  right_pupil_size_detail: words(),
  right_pupil_light_reaction: label(labels.PUPIL_REACTIONS),
  right_pupil_light_reaction_detail: words(),
  glasgow_eye_open: whole(1, 4),
  glasgow_verbal_response: whole(1, 5),
  glasgow_motor_response: whole(1, 6),
  limb_response_upper_extremity_right: label(labels.LIMB_RESPONSES),
  limb_response_upper_extremity_left: label(labels.LIMB_RESPONSES),
  limb_response_lower_extremity_left: label(labels.LIMB_RESPONSES),
  limb_response_lower_extremity_right: label(labels.LIMB_RESPONSES),
  bp: json(bloodPressure, null, ({ systolic, diastolic }: { systolic: number; diastolic: number }) =>
    systolic < diastolic ? 'Systolic must be greater than diastolic' : undefined
  ),
  pulse: whole(0, 200),
  resp: whole(0, 150),
  rhythm: label(labels.RHYTHMS),
  rhythm_detail: words(),
  ventilator_interface: label(labels.VENTILATOR_INTERFACES),
  ventilator_mode: label(labels.VENTILATOR_MODES),
  ventilator_peep: decimal(4, { min: 0, max: 30 }),
  ventilator_pip: whole(0, 100),
  ventilator_mean_airway_pressure: whole(0, 40),
  ventilator_resp_rate: whole(0, 100),
  ventilator_pressure_support: whole(0, 40),
  ventilator_tidal_volume: whole(0, 1000),
  ventilator_oxygen_modality: label(labels.OXYGEN_MODALITIES),
  ventilator_oxygen_modality_oxygen_rate: whole(0, 50),
  ventilator_oxygen_modality_flow_rate: whole(0, 70),
  ventilator_fio2: whole(21, 100),
  ventilator_spo2: whole(0, 100),
  etco2: whole(0, 200),
  bilateral_air_entry: yesNo(),
  pain: whole(0, 10),
  pain_scale_enhanced: json(pains, []),
  ph: decimal(4, { min: 0, max: 10 }),
  pco2: whole(10, 200),
  po2: whole(10, 400),
  hco3: decimal(4, { min: 5, max: 80 }),
  base_excess: whole(-20, 20),
  lactate: decimal(4, { min: 0, max: 20 }),
  sodium: decimal(5, { min: 100, max: 170 }),
  potassium: decimal(4, { min: 1, max: 10 }),
  blood_sugar_level: whole(0, 700),
  insulin_intake_dose: decimal(5, { min: 0, max: 100 }),
  insulin_intake_frequency: label(labels.INSULIN_FREQUENCIES),
  infusions: json(infusions, []),
  iv_fluids: json(ivFluids, []),
  feeds: json(feeds, []),
  output: json(outputs, []),
  dialysis_fluid_balance: whole(0, 5000),
  dialysis_net_balance: whole(0, 5000),
  pressure_sore: json(pressureSores, []),
  nursing: json(nursing, []),
  meta: json(roundMeta, {})
} satisfies Readonly<Record<string, RoundField>>

/** `ROUND_FIELDS` as pairs. */
export const roundFields: readonly (readonly [string, RoundField])[] = Object.entries(ROUND_FIELDS)
