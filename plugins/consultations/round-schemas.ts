import { Type, type TSchema } from 'typebox'

// JSON of daily rounds (contract consultations §10.2). Every element is checked (FIX-C8), no object has further properties.

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

/** Mercury millimetres. */
export const bloodPressure = closed({ systolic: amount(400), diastolic: amount(400) })

export const infusions = measured('Adrenalin', 'Noradrenalin', 'Vasopressin', 'Dopamine', 'Dobutamine')
export const ivFluids = measured('RL', 'NS', 'DNS')
export const feeds = measured('Ryles Tube', 'Normal Feed')
export const outputs = measured('Urine', 'Ryles Tube Aspiration', 'ICD', 'Abdominal Drain')

export const pressureSores = Type.Array(
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

export const pains = Type.Array(
  closed({ region, scale: Type.Number({ minimum: 1, maximum: 10 }), description: Type.Optional(Type.String()) })
)

export const nursing = Type.Array(closed({ procedure: oneOf(...PROCEDURES.split(/\s+/)), description: Type.String() }))

export const roundMeta = closed({ dialysis: Type.Optional(Type.Boolean()) })
