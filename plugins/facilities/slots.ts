import { out } from 'care-kernel/rest'
import { facilityBare } from './outputs.ts'

/** The home facility of a user as `{id, name}`; `u` is the user. */
export const BARE_HOME = out.object(facilityBare, 'from facility_facility f where f.id = u.home_facility_id').sql

/** The members of the facilities `$facilities`. */
const MEMBERS = 'select m.user_id from facility_facilityuser m where m.facility_id = any($facilities)'

/** SQL for the slots of `auth-permissions`. */
export const fills = {
  'auth-permissions/user': {
    home_facility: '(select f.external_id from facility_facility f where f.id = u.home_facility_id)',
    home_facility_object: BARE_HOME
  },
  'auth-permissions/actor': {
    facility_ids: 'array(select m.facility_id from facility_facilityuser m where m.user_id = u.id order by m.facility_id)'
  },
  'auth-permissions/members': { user_ids: MEMBERS }
} as const
