import { column, defineModel } from 'care-kernel/data'

/** docs/api/auth-users.md §3.9: no external id, no soft delete. */
export const State = defineModel({
  name: 'State',
  table: 'users_state',
  fixture: 'users.state',
  subject: null,
  columns: { id: column.key(), name: column.varchar('none', 255) }
})

export const District = defineModel({
  name: 'District',
  table: 'users_district',
  fixture: 'users.district',
  subject: null,
  columns: { id: column.key(), name: column.varchar('none', 255), state_id: column.bigint('none') }
})

export const LocalBody = defineModel({
  name: 'LocalBody',
  table: 'users_localbody',
  fixture: 'users.localbody',
  subject: null,
  columns: {
    id: column.key(),
    name: column.varchar('none', 255),
    body_type: column.integer('none'),
    localbody_code: column.varchar('none', 20, { null: true }),
    district_id: column.bigint('none')
  }
})

export const Ward = defineModel({
  name: 'Ward',
  table: 'users_ward',
  fixture: 'users.ward',
  subject: null,
  columns: {
    id: column.key(),
    name: column.varchar('none', 255),
    number: column.integer('none'),
    local_body_id: column.bigint('none')
  }
})
