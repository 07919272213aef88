import { baseColumns, column, defineModel } from 'care-kernel/data'

/** docs/api/auth-users.md §3.9. */
export const User = defineModel({
  name: 'User',
  table: 'users_user',
  fixture: 'users.user',
  subject: 'id',
  columns: {
    id: column.key(),
    password: column.varchar('secret', 128, { default: '!' }),
    last_login: column.timestamp('none', { null: true }),
    is_superuser: column.boolean('none', { default: false }),
    first_name: column.varchar('identity', 150, { default: '' }),
    last_name: column.varchar('identity', 150, { default: '' }),
    email: column.varchar('contact', 254, { default: '' }),
    is_staff: column.boolean('none', { default: false }),
    is_active: column.boolean('none', { default: true }),
    date_joined: column.timestamp('none', { default: () => new Date().toISOString() }),
    external_id: column.uuid('none', { default: () => crypto.randomUUID() }),
    username: column.varchar('identity', 150),
    user_type: column.integer('none'),
    phone_number: column.varchar('contact', 14),
    alt_phone_number: column.varchar('contact', 14, { null: true }),
    gender: column.integer('identity'),
    qualification: column.text('none', { null: true }),
    doctor_experience_commenced_on: column.date('none', { null: true }),
    doctor_medical_council_registration: column.varchar('identity', 255, { null: true }),
    verified: column.boolean('none', { default: false }),
    deleted: column.boolean('none', { default: false }),
    pf_endpoint: column.text('secret', { null: true }),
    pf_p256dh: column.text('secret', { null: true }),
    pf_auth: column.text('secret', { null: true }),
    created_by_id: column.bigint('none', { null: true }),
    ward_id: column.bigint('none', { null: true }),
    local_body_id: column.bigint('none', { null: true }),
    district_id: column.bigint('none', { null: true }),
    state_id: column.bigint('none', { null: true }),
    asset_id: column.bigint('none', { null: true }),
    home_facility_id: column.bigint('none', { null: true }),
    weekly_working_hours: column.integer('none', { null: true }),
    video_connect_link: column.varchar('contact', 200, { null: true }),
    date_of_birth: column.date('identity', { null: true }),
    profile_picture_url: column.varchar('identity', 500, { null: true })
  }
})

export const Skill = defineModel({
  name: 'Skill',
  table: 'users_skill',
  fixture: 'users.skill',
  subject: null,
  columns: { ...baseColumns(), name: column.varchar('none', 255), description: column.text('none', { null: true, default: '' }) }
})

export const UserSkill = defineModel({
  name: 'UserSkill',
  table: 'users_userskill',
  fixture: 'users.userskill',
  subject: 'user_id',
  columns: { ...baseColumns(), user_id: column.bigint('none', { null: true }), skill_id: column.bigint('none', { null: true }) }
})

export const UserFlag = defineModel({
  name: 'UserFlag',
  table: 'users_userflag',
  fixture: 'users.userflag',
  subject: 'user_id',
  columns: { ...baseColumns(), flag: column.varchar('none', 1024), user_id: column.bigint('none') }
})

/** When a user had which home facility (docs/api/auth-users.md §3.10). */
export const UserFacilityAllocation = defineModel({
  name: 'UserFacilityAllocation',
  table: 'users_userfacilityallocation',
  fixture: 'users.userfacilityallocation',
  subject: 'user_id',
  columns: {
    id: column.key(),
    start_date: column.timestamp('none', { default: () => new Date().toISOString() }),
    end_date: column.timestamp('none', { null: true }),
    user_id: column.bigint('none'),
    facility_id: column.bigint('none')
  }
})

export const ResetPasswordToken = defineModel({
  name: 'ResetPasswordToken',
  table: 'django_rest_passwordreset_resetpasswordtoken',
  subject: 'user_id',
  technical: true,
  columns: {
    id: column.key(),
    created_at: column.timestamp('none'),
    key: column.varchar('secret', 64),
    ip_address: column.inet('identity', { null: true }),
    user_agent: column.varchar('none', 512, { default: '' }),
    user_id: column.bigint('none')
  }
})
