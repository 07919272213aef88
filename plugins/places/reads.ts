import { filter, filters, ordering, resource, type Shape } from 'care-kernel/rest'
import { districtObject, localBodyObject, stateObject, wardObject } from './outputs.ts'

const named = (alias: string, name: string, shape: Shape, table: string, order: string, by: Parameters<typeof filters>[0]) =>
  resource({
    name,
    from: `${table} ${alias}`,
    key: { column: `${alias}.id`, kind: 'integer' },
    shape,
    pageSize: 500,
    ordering: ordering({}, order),
    filters: filters(by)
  })
const stateName = (district: string) =>
  `(select s.name from users_district d join users_state s on s.id = d.state_id where d.id = ${district})`
const districtName = (district: string) => `(select d.name from users_district d where d.id = ${district})`
const stateOf = (district: string) => `(select d.state_id from users_district d where d.id = ${district})`
const districtOf = '(select l.district_id from users_localbody l where l.id = w.local_body_id)'

/** docs/api/auth-users.md §5: 500 a page, ordered by name except for states. */
export const states = named('s', 'State', stateObject, 'users_state', 's.id', {})

export const districts = named('d', 'District', districtObject, 'users_district', 'd.name, d.id', {
  state: filter.number('d.state_id'),
  state_name: filter.contains('(select s.name from users_state s where s.id = d.state_id)'),
  district_name: filter.contains('d.name')
})

export const localBodies = named('l', 'LocalBody', localBodyObject, 'users_localbody', 'l.name, l.id', {
  state: filter.number(stateOf('l.district_id')),
  state_name: filter.contains(stateName('l.district_id')),
  district: filter.number('l.district_id'),
  district_name: filter.contains(districtName('l.district_id')),
  local_body_name: filter.contains('l.name')
})

export const wards = named('w', 'Ward', wardObject, 'users_ward', 'w.name, w.id', {
  state: filter.number(stateOf(districtOf)),
  state_name: filter.contains(stateName(districtOf)),
  district: filter.number(districtOf),
  district_name: filter.contains(districtName(districtOf)),
  local_body: filter.number('w.local_body_id'),
  local_body_name: filter.contains('(select l.name from users_localbody l where l.id = w.local_body_id)'),
  ward_name: filter.contains('w.name')
})
