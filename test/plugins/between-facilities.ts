import type { Plugin } from 'care-kernel'
import { testKernel, type Requester, type TestContext, type TestOptions, type TestUser } from 'care-kernel/testing'

export interface Place {
  readonly id: number
  readonly uuid: string
}

/** Two facilities in two districts of one state, two more in another state; requests go between the first three. */
export async function betweenFacilities(
  t: TestContext,
  plugins: readonly (string | Plugin)[],
  config: Readonly<Record<string, unknown>> = {},
  over: Pick<TestOptions, 'gateways'> & { readonly config?: object } = {}
) {
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', 'facilities', ...plugins],
    ...(over.gateways ? { gateways: over.gateways } : {}),
    config: { plugins: config, ...over.config }
  })
  const keys = async (text: string, values: readonly unknown[] = []) =>
    (await kernel.sql<{ id: number }>(text, values)).map(({ id }) => id)
  const [here = 0, there = 0] = await keys("insert into users_state (name) values ('Here'), ('There') returning id")
  const [north = 0, south = 0, far = 0] = await keys(
    "insert into users_district (name, state_id) values ('North', $1), ('South', $1), ('Far', $2) returning id",
    [here, there]
  )
  const facility = async (name: string, district: number, state: number): Promise<Place> =>
    (
      await kernel.sql<Place>(
        `insert into facility_facility (external_id, created_date, modified_date, deleted, name, is_active, verified, facility_type, kasp_empanelled, address,
          oxygen_capacity, type_b_cylinders, type_c_cylinders, type_d_cylinders, expected_oxygen_requirement, expected_type_b_cylinders, expected_type_c_cylinders,
          expected_type_d_cylinders, phone_number, corona_testing, district_id, state_id)
        values (gen_random_uuid(), now(), now(), false, $1, true, true, 2, false, '', 0, 0, 0, 0, 0, 0, 0, 0, '+914842345678', false, $2, $3)
        returning id, external_id as uuid`,
        [name, district, state]
      )
    )[0] ?? { id: 0, uuid: '' }
  return {
    kernel,
    root: await kernel.as(),
    places: { here, there, north, south, far },
    origin: await facility('Origin', north, here),
    approving: await facility('Approving', south, here),
    assigned: await facility('Assigned', far, there),
    elsewhere: await facility('Elsewhere', far, there),
    /** A user who works at these facilities. */
    async as(user: TestUser, ...at: readonly Place[]): Promise<Requester> {
      const made = await kernel.as(user)
      for (const { id } of at)
        await kernel.sql('insert into facility_facilityuser (facility_id, user_id, created_by_id) values ($1, $2, $2)', [
          id,
          made.user?.id
        ])
      return made
    }
  }
}
