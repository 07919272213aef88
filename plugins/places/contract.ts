import { defineContract, relation } from 'care-kernel'

export { districtObject, localBodyObject, stateObject, wardObject } from './outputs.ts'

/** States, districts, local bodies and wards. */
export const places = defineContract({
  name: 'places',
  version: 1,
  relations: {
    state: relation('users_state', 'id name'),
    district: relation('users_district', 'id name state_id'),
    localBody: relation('users_localbody', 'id name body_type localbody_code district_id'),
    ward: relation('users_ward', 'id name number local_body_id')
  }
})

export const { state: STATE, district: DISTRICT, localBody: LOCAL_BODY, ward: WARD } = places.relations
