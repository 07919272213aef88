import { out, shape } from 'care-kernel/rest'

/** StateObj of docs/api/auth-users.md §3.7; `s` is the state's row. */
export const stateObject = shape({ id: out.integer('s.id'), name: out.text('s.name') })

/** DistrictObj; `d` is the district's row. */
export const districtObject = shape({ id: out.integer('d.id'), name: out.text('d.name'), state: out.integer('d.state_id') })

/** LocalBodyObj; `l` is the local body's row. */
export const localBodyObject = shape({
  id: out.integer('l.id'),
  name: out.text('l.name'),
  body_type: out.integer('l.body_type'),
  localbody_code: out.text('l.localbody_code'),
  district: out.integer('l.district_id')
})

/** WardObj; `w` is the ward's row. */
export const wardObject = shape({
  id: out.integer('w.id'),
  name: out.text('w.name'),
  number: out.integer('w.number'),
  local_body: out.integer('w.local_body_id')
})

/** LocalBodyObj with its wards. */
export const localBodyWithWards = shape({
  ...localBodyObject.fields,
  wards: out.objects(wardObject, 'from users_ward w where w.local_body_id = l.id', 'w.id')
})
