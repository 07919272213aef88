import { out, shape, type Shape } from 'care-kernel/rest'
import { DISTRICT, districtObject, LOCAL_BODY, localBodyObject, STATE, stateObject } from 'care-kernel/contracts/places'
import { GENDERS, USER_TYPES } from './enumerations.ts'

/** SQL of the slot `user`: home facility and picture. */
export interface UserSlot {
  readonly home_facility: string
  readonly home_facility_object: string
  readonly read_profile_picture_url: string
}

/** The representations of a user in one deployment. */
export interface UserShapes {
  readonly detail: Shape
  /** As detail, without `created_by`. */
  readonly current: Shape
  readonly list: Shape
}

const localBody = out.object(localBodyObject, `from ${LOCAL_BODY} l where l.id = u.local_body_id`)
const district = out.object(districtObject, `from ${DISTRICT} d where d.id = u.district_id`)
const state = out.object(stateObject, `from ${STATE} s where s.id = u.state_id`)
const creator = out.text('(select c.username from users_user c where c.id = u.created_by_id)')

/** A skill by its external id; `k` is the skill's row. */
export const skillObject = shape({
  id: out.uuid('k.external_id'),
  name: out.text('k.name'),
  description: out.text('k.description')
})

/** UserBaseMinimum (docs/api/auth-users.md §3.7): users embedded as created_by, assigned_to_object … `u` is the user's row. */
export const userBaseMinimum = shape({
  id: out.integer('u.id'),
  first_name: out.text('u.first_name'),
  username: out.text('u.username'),
  email: out.text('u.email'),
  last_name: out.text('u.last_name'),
  user_type: out.label('u.user_type', USER_TYPES),
  last_login: out.datetime('u.last_login')
})

/** UserDetail, UserDetail without creator, UserList (docs/api/auth-users.md §3.7). */
export function userShapes(slot: UserSlot): UserShapes {
  return { detail: detail(slot, true), current: detail(slot, false), list: list(slot) }
}

/** UserAssigned: `get_users` and assigned users of consultations; `gender` is the raw number. */
export function userAssigned(slot: UserSlot): Shape {
  return shape({
    id: out.integer('u.id'),
    first_name: out.text('u.first_name'),
    username: out.text('u.username'),
    email: out.text('u.email'),
    last_name: out.text('u.last_name'),
    alt_phone_number: out.text('u.alt_phone_number'),
    user_type: out.label('u.user_type', USER_TYPES),
    last_login: out.datetime('u.last_login'),
    gender: out.integer('u.gender'),
    home_facility_object: out.json(slot.home_facility_object),
    qualification: out.text('u.qualification'),
    doctor_experience_commenced_on: out.date('u.doctor_experience_commenced_on'),
    video_connect_link: out.text('u.video_connect_link'),
    doctor_medical_council_registration: out.text('u.doctor_medical_council_registration'),
    skills: out.objects(
      skillObject,
      'from users_userskill x join users_skill k on k.id = x.skill_id where x.user_id = u.id and not x.deleted and not k.deleted',
      'k.name'
    )
  })
}

function detail(slot: UserSlot, withCreator: boolean): Shape {
  return shape({
    id: out.integer('u.id'),
    username: out.text('u.username'),
    first_name: out.text('u.first_name'),
    last_name: out.text('u.last_name'),
    email: out.text('u.email'),
    video_connect_link: out.text('u.video_connect_link'),
    user_type: out.label('u.user_type', USER_TYPES),
    qualification: out.text('u.qualification'),
    doctor_experience_commenced_on: out.date('u.doctor_experience_commenced_on'),
    doctor_medical_council_registration: out.text('u.doctor_medical_council_registration'),
    ...(withCreator ? { created_by: creator } : {}),
    home_facility: out.uuid(slot.home_facility),
    weekly_working_hours: out.integer('u.weekly_working_hours'),
    local_body: out.integer('u.local_body_id'),
    district: out.integer('u.district_id'),
    state: out.integer('u.state_id'),
    phone_number: out.text('u.phone_number'),
    alt_phone_number: out.text('u.alt_phone_number'),
    gender: out.label('u.gender', GENDERS),
    date_of_birth: out.date('u.date_of_birth'),
    is_superuser: out.boolean('u.is_superuser'),
    verified: out.boolean('u.verified'),
    home_facility_object: out.json(slot.home_facility_object),
    local_body_object: localBody,
    district_object: district,
    state_object: state,
    pf_endpoint: out.text('u.pf_endpoint'),
    pf_p256dh: out.text('u.pf_p256dh'),
    pf_auth: out.text('u.pf_auth'),
    read_profile_picture_url: out.text(slot.read_profile_picture_url),
    user_flags: out.list(
      `(select coalesce(json_agg(g.flag order by g.id), '[]') from users_userflag g where g.user_id = u.id and not g.deleted)`,
      { type: 'string' }
    )
  })
}

function list(slot: UserSlot): Shape {
  return shape({
    id: out.integer('u.id'),
    first_name: out.text('u.first_name'),
    last_name: out.text('u.last_name'),
    username: out.text('u.username'),
    date_of_birth: out.date('u.date_of_birth'),
    local_body_object: localBody,
    district_object: district,
    state_object: state,
    user_type: out.label('u.user_type', USER_TYPES),
    qualification: out.text('u.qualification'),
    doctor_experience_commenced_on: out.date('u.doctor_experience_commenced_on'),
    doctor_medical_council_registration: out.text('u.doctor_medical_council_registration'),
    weekly_working_hours: out.integer('u.weekly_working_hours'),
    created_by: creator,
    last_login: out.datetime('u.last_login'),
    home_facility_object: out.json(slot.home_facility_object),
    home_facility: out.uuid(slot.home_facility),
    video_connect_link: out.text('u.video_connect_link'),
    read_profile_picture_url: out.text(slot.read_profile_picture_url)
  })
}
