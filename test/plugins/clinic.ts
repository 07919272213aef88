import type { Plugin } from 'care-kernel'
import { testKernel, type Requester, type TestContext, type TestOptions, type TestUser } from 'care-kernel/testing'

/** Somebody with credentials. */
export type Person = Requester & { readonly user: NonNullable<Requester['user']> }

export const PLUGINS = ['places', 'auth-permissions', 'facilities', 'patients', 'consultations'] as const

/** Entries of ICD-11 by name. */
export const ICD = { cholera: 257_068_234, typhoid: 135_352_227, asthma: 9_000_001 } as const

/** A hospital in one district with its people, and another in the district beside it. */
export async function clinic(
  t: TestContext,
  more: readonly (Plugin | string)[] = [],
  options: Omit<TestOptions, 'plugins'> = {}
) {
  const kernel = await testKernel(t, { ...options, plugins: [...PLUGINS, ...more] })
  const as = async (user?: TestUser): Promise<Person> => {
    const { user: found, ...requester } = await kernel.as(user)
    if (!found) throw new Error('no user')
    return { ...requester, user: found }
  }
  const one = async <Row>(text: string, values: readonly unknown[] = []) => (await kernel.sql<Row>(text, values))[0] as Row
  const state = (await one<{ id: number }>("insert into users_state (name) values ('Kerala') returning id")).id
  const district = async (name: string) =>
    (await one<{ id: number }>('insert into users_district (name, state_id) values ($1, $2) returning id', [name, state])).id
  const [north, south] = [await district('North'), await district('South')]
  const facility = async (name: string, of: number) =>
    one<{ id: number; external_id: string }>(
      `insert into facility_facility (external_id, created_date, modified_date, deleted, name, is_active, verified, facility_type, kasp_empanelled, address,
        oxygen_capacity, type_b_cylinders, type_c_cylinders, type_d_cylinders, expected_oxygen_requirement, expected_type_b_cylinders,
        expected_type_c_cylinders, expected_type_d_cylinders, phone_number, corona_testing, district_id, state_id)
      values (gen_random_uuid(), now(), now(), false, $1, true, false, 2, false, '', 0, 0, 0, 0, 0, 0, 0, 0, '', false, $2, $3) returning id, external_id`,
      [name, of, state]
    )
  const [home, beside] = [await facility('House', north), await facility('Beside', south)]
  await kernel.sql(
    `insert into facility_icd11diagnosis (id, icd11_id, label, class_kind, is_leaf, average_depth, is_adopted_child, breadth_value, meta_hidden, meta_chapter, meta_chapter_short)
    values ($1, 'a', '1A00 Cholera', 'category', true, 2, false, 0, false, '01 Infections', 'Infection and parasites '),
      ($2, 'b', '1A07 Typhoid fever', 'category', true, 2, false, 0, false, '01 Infections', 'Infection and parasites '),
      ($3, 'c', 'CA23 Asthma', 'category', true, 2, false, 0, false, '12 Respiratory', 'Respiratory System')`,
    [ICD.cholera, ICD.typhoid, ICD.asthma]
  )
  /** A user who works at a facility and is at home there. */
  const staff = async (type: number, at: { readonly id: number } = home, of = north): Promise<Person> => {
    const person = await as({ user_type: type, district_id: of, state_id: state, home_facility_id: at.id })
    await kernel.sql('insert into facility_facilityuser (created_by_id, facility_id, user_id) values ($1, $2, $1)', [
      person.user.id,
      at.id
    ])
    return person
  }
  const doctor = await staff(15)
  /** Registers a patient at a facility; the uuid. */
  const patient = async (by: Requester = doctor, at: { readonly external_id: string } = home): Promise<string> => {
    const {
      status,
      body: made,
      text
    } = await by.post('/api/v1/patient/', {
      facility: at.external_id,
      name: 'Asha',
      gender: 2,
      blood_group: 'O+',
      is_antenatal: false,
      date_of_birth: '1990-05-17',
      phone_number: '+919876543210',
      emergency_phone_number: '+919876543211',
      address: '1 Road',
      permanent_address: '1 Road',
      pincode: 682001,
      nationality: 'India',
      state,
      district: north
    })
    if (status !== 201) throw new Error(text)
    return (made as { id: string }).id
  }
  const body = (of: string, more: object = {}) => ({
    patient: of,
    suggestion: 'HI',
    route_to_facility: 10,
    category: 'Stable',
    patient_no: 'OP-1',
    treating_physician: doctor.user.id,
    encounter_date: '2024-06-01T10:00:00+05:30',
    examination_details: 'stable',
    height: 172.5,
    weight: 70,
    create_diagnoses: [{ diagnosis: ICD.cholera, is_principal: true, verification_status: 'confirmed' }],
    create_symptoms: [{ symptom: 4, onset_date: '2024-05-28' }],
    ...more
  })
  /** Begins a consultation of a new patient; its uuid and the patient's. */
  const begin = async (more: object = {}, by: Requester = doctor) => {
    const of = await patient()
    const { status, body: made, text } = await by.post('/api/v1/consultation/', body(of, more))
    if (status !== 201) throw new Error(text)
    return { id: (made as { id: string }).id, patient: of }
  }
  return { kernel, as, state, north, south, home, beside, doctor, staff, patient, body, begin, one }
}

export type Clinic = Awaited<ReturnType<typeof clinic>>

/** Where a consultation and its parts are. */
export const at = (id: string, rest = ''): string => `/api/v1/consultation/${id}/${rest}`
